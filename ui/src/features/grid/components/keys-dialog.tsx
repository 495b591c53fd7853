import { useEffect } from 'react';
import { Dialog } from '@/components/dialog';
import { helpKey } from '@/grid/keyboard';

/** A key as on this keyboard: Apple's has ⌘ where others have Ctrl. */
const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);
const shown = (key: string): string => (apple ? key.replace('Ctrl', '⌘').replace('Alt', '⌥') : key);

const GROUPS: { title: string; keys: [string[], string][] }[] = [
  {
    title: 'Move and select',
    keys: [
      [['Arrows', 'Tab', 'Enter'], 'To the next cell; Enter after Tab returns to the first column'],
      [['Home', 'End'], 'To the first or last column'],
      [['Ctrl+Home', 'Ctrl+End'], 'To the first or last cell'],
      [['Ctrl+Arrows'], 'To the edge of the values'],
      [['Shift+Arrows', 'Ctrl+Shift+Arrows'], 'Extend the selection'],
      [['Ctrl+Space', 'Shift+Space'], 'Select the columns or the rows'],
      [['Ctrl+A'], 'Select all cells; again: select all rows'],
    ],
  },
  {
    title: 'Edit',
    keys: [
      [['F2'], 'Edit the cell; while typing: arrows move the caret'],
      [['Alt+Enter'], 'New line in a text'],
      [['Ctrl+D', 'Ctrl+R'], 'Fill down or right'],
      [['Ctrl+;'], "Enter today's date"],
      [['Delete'], 'Clear the cells'],
      [['Space'], 'Check or uncheck; open the row as a page'],
      [['Ctrl+C', 'Ctrl+X', 'Ctrl+V'], 'Copy, cut, paste'],
      [['Ctrl+Z', 'Ctrl+Y'], 'Undo, redo'],
    ],
  },
  {
    title: 'Rows and table',
    keys: [
      [['Shift+Enter', 'Ctrl+Shift+='], 'Add a row'],
      [['Ctrl+-'], 'Delete the selected rows'],
      [['Ctrl+Enter'], 'Open the row beside the grid'],
      [['Ctrl+Alt+M'], 'Comment on the cell'],
      [['Shift+F10'], 'Menu of the cell'],
      [['Ctrl+F', 'Ctrl+H'], 'Find in the cells; find and replace'],
      [['Ctrl+Shift+F'], 'Search: show only the rows with a text'],
      [['Ctrl+K'], 'Search in all tables'],
      [['Ctrl+/'], 'Show these shortcuts'],
    ],
  },
];

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" size="xl" onClose={onClose}>
      <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-3">
        {GROUPS.map(({ title, keys }) => (
          <section key={title} aria-label={title}>
            <h3 className="mb-2 font-semibold">{title}</h3>
            <dl className="space-y-2">
              {keys.map(([names, what]) => (
                <div key={what} className="flex flex-col gap-0.5">
                  <dt className="flex flex-wrap gap-1">
                    {names.map((name) => (
                      <kbd key={name} className="rounded border border-line bg-sunken px-1.5 py-0.5 text-sm text-ink-2">
                        {shown(name)}
                      </kbd>
                    ))}
                  </dt>
                  <dd className="text-ink-2">{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** Ctrl+/ anywhere, and ? where it types nothing. */
export function useHelpKey(show: () => void): void {
  useEffect(() => {
    const pressed = (e: KeyboardEvent): void => {
      if (!helpKey(e) || e.defaultPrevented || document.querySelector('dialog[open]')) return;
      if (e.key === '?' && !e.ctrlKey && !e.metaKey && typesInto(e.target)) return;
      e.preventDefault();
      show();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [show]);
}

function typesInto(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select, .ag-cell'))
  );
}
