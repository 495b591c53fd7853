import { useQuery } from '@tanstack/react-query';
import { Rows3, Search, Table2, TextSearch } from 'lucide-react';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { useCan } from '@/api/permissions';
import type { SearchHit } from '@/api/types';
import { Marked } from '@/components/marked';
import { Shown } from '@/components/shown';
import { placeOf, quickSearchQuery } from '@/features/search/api/search';
import { tablesQuery } from '@/api/tables';
import { cx } from '@/lib/cx';
import { plural } from '@/lib/format';
import { useDebounced } from '@/lib/use-debounced';
import { holds } from '@/lib/fold';
import { useDestinations } from '../destinations';

interface Target {
  to: string;
  label: string;
  /** The label with what matched in <mark>; the label itself when it is not there. */
  html?: string;
  hint: string;
  icon: ReactNode;
}

const SETTLE_MS = 150;

/** What a found row is called, and what matched where the name did not. */
function rowLabel(hit: SearchHit): string {
  const match = hit.matches[0]?.html;
  if (!hit.name) return match ?? 'Row without a name';
  return match === undefined || hit.name_html.includes('<mark>') ? hit.name_html : `${hit.name_html} · ${match}`;
}

/** Ctrl/Cmd+K: go to any table, page or row by typing. */
export function Palette({ workspaceId: ws, onClose }: { workspaceId: string; onClose: () => void }) {
  const can = useCan(ws);
  const tables = useQuery({ ...tablesQuery(ws), enabled: can('tables.read') });
  const destinations = useDestinations(ws);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    [before],
  );

  const words = useDebounced(text.trim(), SETTLE_MS);
  const rows = useQuery({ ...quickSearchQuery(ws, words), enabled: words.length >= 2 && can('tables.read') });

  const targets = useMemo<Target[]>(() => {
    const pages = destinations.map(({ to, label, group, icon: Icon }) => ({
      to: `/w/${ws}/${to}`,
      label,
      hint: group,
      icon: <Icon size={15} />,
    }));
    const found = (tables.data ?? []).map((t) => ({
      to: `/w/${ws}/tables/${t.id}`,
      label: t.name,
      hint: plural(t.row_count, 'row'),
      icon: <Table2 size={15} />,
    }));
    const typed = text.trim();
    const named = [...found, ...pages].filter((t) => holds(t.label, typed));
    if (typed.length < 2 || !can('tables.read')) return named;
    const hits = (rows.data ?? []).map((hit) => ({
      to: placeOf(ws, hit),
      label: hit.name,
      html: rowLabel(hit),
      hint: hit.table_name,
      icon: <Rows3 size={15} />,
    }));
    const everywhere = {
      to: `/w/${ws}/search?q=${encodeURIComponent(typed)}`,
      label: `Search all rows for “${typed}”`,
      hint: '',
      icon: <TextSearch size={15} />,
    };
    return [...named, ...hits, everywhere];
  }, [ws, destinations, tables.data, rows.data, text, can]);

  const go = (target: Target | undefined): void => {
    if (!target) return;
    onClose();
    void navigate(target.to);
  };
  return (
    <div
      className="fixed inset-0 z-50 bg-[var(--overlay)] px-4 pt-[14vh]"
      onMouseDown={(e) => e.target === e.currentTarget && onClose()}
    >
      <div
        role="dialog"
        aria-modal
        aria-label="Go to"
        className="mx-auto w-full max-w-[560px] overflow-hidden rounded-lg border border-line bg-raised shadow-lg [animation:rise_120ms_ease-out]"
      >
        <div className="flex items-center gap-2.5 border-b border-line px-4">
          <Search size={16} className="text-ink-3" />
          <input
            autoFocus
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={targets[at] ? `palette-${String(at)}` : undefined}
            aria-label="Go to a table, a page or a row"
            placeholder="Go to a table, a page or a row"
            value={text}
            onChange={(e) => {
              setText(e.target.value);
              setAt(0);
            }}
            onKeyDown={(e) => {
              if (e.key === 'Escape') onClose();
              else if (e.key === 'Enter') go(targets[at]);
              else if (e.key === 'ArrowDown') setAt(Math.min(targets.length - 1, at + 1));
              else if (e.key === 'ArrowUp') setAt(Math.max(0, at - 1));
              else if (e.key === 'Tab')
                setAt((at + (e.shiftKey ? targets.length - 1 : 1)) % Math.max(1, targets.length));
              else return;
              e.preventDefault();
            }}
            className="h-12 flex-1 bg-transparent text-md outline-none"
          />
        </div>
        <ul id="palette-list" role="listbox" aria-label="Results" className="max-h-[50vh] overflow-y-auto p-1.5">
          {targets.length === 0 && <li className="px-3 py-6 text-center text-ink-3">Nothing has this name.</li>}
          {targets.map((t, i) => (
            <li
              key={t.to}
              id={`palette-${String(i)}`}
              role="option"
              aria-selected={i === at}
              onMouseMove={() => setAt(i)}
              onMouseDown={() => go(t)}
              className={cx(
                'flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5',
                i === at ? 'bg-primary-soft text-primary-ink' : 'text-ink',
              )}
            >
              <span className="text-ink-3">{t.icon}</span>
              <span className="min-w-0 flex-1 truncate">
                {t.html ? <Marked html={t.html} /> : <Shown text={t.label} />}
              </span>
              <span className="tnum text-sm text-ink-3">{t.hint}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
