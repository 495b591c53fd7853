import { GripVertical } from 'lucide-react';
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { cx } from '@/lib/cx';

/** The list with the item at one place moved to another. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

/** Items in an order that is changed by dragging the handle, or on it with the arrow keys. */
export function SortableList<T>({
  items,
  keyOf,
  nameOf,
  onMove,
  children,
}: {
  items: readonly T[];
  keyOf: (item: T) => string;
  nameOf: (item: T) => string;
  onMove: (items: T[]) => void;
  children: (item: T, index: number) => ReactNode;
}) {
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const move = (from: number, to: number): void => {
    const item = items[from];
    if (from === to || to < 0 || to >= items.length || item === undefined) return;
    onMove(moved(items, from, to));
    setSaid(`${nameOf(item)} is now number ${String(to + 1)} of ${String(items.length)}.`);
  };
  const key = (e: KeyboardEvent, i: number): void => {
    if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
    e.preventDefault();
    move(i, e.key === 'ArrowUp' ? i - 1 : i + 1);
  };
  const stop = (): void => {
    setDragged(null);
    setOver(null);
  };
  return (
    <ul className="flex flex-col gap-2">
      {items.map((item, i) => (
        <li
          key={keyOf(item)}
          className={cx(
            'flex items-center gap-1 rounded-md',
            over === i && dragged !== i && 'outline-2 outline-primary',
            dragged === i && 'opacity-50',
          )}
          onDragOver={(e) => {
            if (dragged === null) return;
            e.preventDefault();
            setOver(i);
          }}
          onDrop={(e) => {
            e.preventDefault();
            if (dragged !== null) move(dragged, i);
            stop();
          }}
        >
          <button
            type="button"
            draggable
            aria-label={`Move ${nameOf(item)}: drag it, or press the up and down arrows`}
            title="Drag to reorder, or press ↑ and ↓"
            className={cx('cursor-grab rounded p-1 text-ink-3 hover:bg-hover', items.length < 2 && 'invisible')}
            onDragStart={(e) => {
              e.dataTransfer.effectAllowed = 'move';
              e.dataTransfer.setData('text/plain', nameOf(item));
              setDragged(i);
            }}
            onDragEnd={stop}
            onKeyDown={(e) => key(e, i)}
          >
            <GripVertical size={14} aria-hidden />
          </button>
          {children(item, i)}
        </li>
      ))}
      <li className="sr-only" aria-live="polite">
        {said}
      </li>
    </ul>
  );
}
