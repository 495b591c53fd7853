import { Search } from 'lucide-react';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { ColumnType } from '@/api/types';
import { Input } from '@/components/field';
import { cx } from '@/lib/cx';
import { typesLike } from '../type-search';
import { TypeIcon } from '@/grid/type-icon';

export interface TypePickerProps {
  types: readonly ColumnType[];
  value: ColumnType;
  onChange: (type: ColumnType) => void;
  autoFocus?: boolean;
}

/** The column types, found by name or by another word; arrows choose, also from within the search. */
export function TypePicker({ types, value, onChange, autoFocus }: TypePickerProps) {
  const [text, setText] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const found = typesLike(text, types);
  const at = found.findIndex((t) => t.type === value);
  const move = (by: number, focus: boolean): void => {
    const next = found[(Math.max(at, by > 0 ? -1 : 0) + by + found.length) % found.length];
    if (!next) return;
    onChange(next.type);
    const radio = list.current?.querySelector<HTMLElement>(`[data-type="${next.type}"]`);
    radio?.scrollIntoView({ block: 'nearest' });
    if (focus) radio?.focus();
  };
  const key = (e: KeyboardEvent, focus: boolean): void => {
    const first = found[0];
    if (e.key === 'ArrowDown' || (focus && e.key === 'ArrowRight')) move(1, focus);
    else if (e.key === 'ArrowUp' || (focus && e.key === 'ArrowLeft')) move(-1, focus);
    else if (e.key === 'Enter' && text !== '' && at < 0 && first) onChange(first.type);
    else return;
    e.preventDefault();
  };
  return (
    <div className="flex flex-col gap-1">
      <div className="relative">
        <Search size={14} className="pointer-events-none absolute top-2 left-2 text-ink-3" />
        <Input
          value={text}
          aria-label="Search types"
          placeholder="Search types"
          className="!pl-7"
          {...(autoFocus ? { 'data-autofocus': '' } : {})}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => key(e, false)}
        />
      </div>
      <div
        ref={list}
        role="radiogroup"
        aria-label="Type"
        className="grid max-h-56 grid-cols-2 gap-0.5 overflow-y-auto"
        onKeyDown={(e) => key(e, true)}
      >
        {found.map((t, i) => (
          <button
            key={t.type}
            type="button"
            role="radio"
            data-type={t.type}
            aria-checked={t.type === value}
            tabIndex={t.type === value || (at < 0 && i === 0) ? 0 : -1}
            onClick={() => onChange(t.type)}
            className={cx(
              'flex h-8 items-center gap-2 rounded-md px-2 text-left',
              t.type === value ? 'bg-active font-medium' : 'text-ink-2 hover:bg-hover',
            )}
          >
            <span className="text-ink-3">
              <TypeIcon type={t.type} />
            </span>
            {t.label}
          </button>
        ))}
      </div>
      <p aria-live="polite" className={found.length === 0 ? 'px-2 text-sm text-ink-3' : 'sr-only'}>
        {found.length === 0 ? 'No type is called so.' : `${String(found.length)} types`}
      </p>
    </div>
  );
}
