import { useId, useLayoutEffect, useRef, useState, type ChangeEvent, type KeyboardEvent } from 'react';
import type { Column } from '@/api/types';
import { Input, Textarea } from '@/components/field';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { completionAt, completed, type Completion } from '../completion';

type Control = HTMLInputElement | HTMLTextAreaElement;

export interface ColumnTextProps {
  value: string;
  columns: readonly Column[];
  onChange: (value: string) => void;
  rows?: number;
  id?: string;
  className?: string;
  placeholder?: string | undefined;
  maxLength?: number;
  'aria-label'?: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

/** A text in which `{{` offers the table's columns; with rows it has several lines. */
export function ColumnText({ value, columns, onChange, rows, className, ...rest }: ColumnTextProps) {
  const list = useId();
  const control = useRef<Control | null>(null);
  const caret = useRef<number | null>(null);
  const [offer, setOffer] = useState<Completion | null>(null);
  const [at, setAt] = useState(0);
  useLayoutEffect(() => {
    if (caret.current === null) return;
    control.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const look = (el: Control): void => {
    setOffer(completionAt(el.value, el.selectionStart ?? 0, columns));
    setAt(0);
  };
  const take = (name: string): void => {
    if (!offer) return;
    const next = completed(value, offer, name);
    caret.current = next.caret;
    setOffer(null);
    onChange(next.text);
    control.current?.focus();
  };
  const keys = (e: KeyboardEvent): void => {
    if (!offer) return;
    const n = offer.columns.length;
    const chosen = offer.columns[at];
    if (e.key === 'ArrowDown') setAt((at + 1) % n);
    else if (e.key === 'ArrowUp') setAt((at + n - 1) % n);
    else if ((e.key === 'Enter' || e.key === 'Tab') && chosen) take(chosen.name);
    else if (e.key === 'Escape') setOffer(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const props = {
    ...rest,
    value,
    className: cx('font-mono !text-sm', className),
    role: 'combobox',
    autoComplete: 'off',
    'aria-expanded': offer !== null,
    'aria-controls': list,
    'aria-autocomplete': 'list' as const,
    ...(offer ? { 'aria-activedescendant': `${list}-${String(at)}` } : {}),
    onChange: (e: ChangeEvent<Control>) => {
      onChange(e.target.value);
      look(e.target);
    },
    onKeyDown: keys,
    onBlur: () => setOffer(null),
  };
  const ref = (el: Control | null): void => {
    control.current = el;
  };
  return (
    <div className="relative w-full">
      {rows === undefined ? <Input {...props} ref={ref} /> : <Textarea {...props} ref={ref} rows={rows} />}
      {offer && (
        <ul
          id={list}
          role="listbox"
          aria-label="Columns"
          className="absolute top-full left-0 z-40 mt-1 max-h-56 w-full overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-lg"
        >
          {offer.columns.map((c, i) => (
            <li
              key={c.id}
              id={`${list}-${String(i)}`}
              role="option"
              aria-selected={i === at}
              onMouseDown={(e) => {
                e.preventDefault(); // the field keeps the focus
                take(c.name);
              }}
              className={cx('cursor-pointer truncate rounded-md px-2 py-1', i === at && 'bg-active')}
            >
              <Shown text={c.name} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
