import { CalendarDays } from 'lucide-react';
import { useEffect, useId, useRef, useState, type InputHTMLAttributes, type KeyboardEvent } from 'react';
import { Input } from '@/components/field';
import { Popover } from '@/components/popover';
import { ShownBelow } from '@/components/shown';
import { cx } from '@/lib/cx';
import { Calendar, dayOf, isoOf, today } from './cell-types/calendar';
import { isNumeric, sameValue, type CellValue, type Column, type ColumnType } from './model';
import type { Parsed } from './typed/reader';
import { formatValue, parseValue, writtenText } from './values';

type Attributes = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'type'>;
export interface TypedInputProps extends Attributes {
  /** What the text is read for: its type and its form. */
  column: Column;
  value: CellValue;
  /** Null for nothing, and for what can't be read. */
  onChange?: (value: CellValue) => void;
  /** Is called with what can be read, when the field is left, Enter is pressed or a day is chosen. */
  onEnd?: (value: CellValue) => void;
  /** What else the value must be: the reason why not. */
  check?: ((value: CellValue) => string | null) | undefined;
}

/**
 * A line of text for a value, read as a cell of the column would be: every written form, in the column's own. What can't be read
 * stays there with the reason. Dates have a calendar, which the arrow down opens too.
 */
export function TypedInput({ column, value, onChange, onEnd, check, className, ...rest }: TypedInputProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [ended, setEnded] = useState(false);
  const [open, setOpen] = useState<DOMRect | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const text = draft ?? writtenText(column, value);
  const read = draft === null ? null : readChecked(column, draft, check);
  const wrong = ended && read && !read.ok ? read.reason : '';
  const isDate = column.type === 'date' || column.type === 'datetime';

  const type = (next: string): void => {
    setDraft(next);
    setEnded(false);
    const parsed = readChecked(column, next, check);
    const now = parsed.ok ? parsed.value : null;
    if (!sameValue(now, value)) onChange?.(now);
  };
  const end = (): void => {
    setEnded(true);
    if (!read?.ok) return;
    setDraft(null);
    onEnd?.(read.value);
  };
  const key = (e: KeyboardEvent<HTMLInputElement>): void => {
    if (e.key === 'Enter') {
      end();
      if (read && !read.ok) e.preventDefault(); // the form is not sent
    } else if (isDate && e.key === 'ArrowDown') {
      e.preventDefault();
      setOpen(box.current?.getBoundingClientRect() ?? null);
    }
  };
  return (
    <div ref={box} className={cx('relative flex min-w-0 flex-col', className ?? 'w-full')}>
      <Input
        {...rest}
        type="text"
        autoComplete="off"
        inputMode={isNumeric(column.type) ? 'decimal' : undefined}
        placeholder={rest.placeholder ?? (isDate ? '2026-03-31' : undefined)}
        value={text}
        aria-invalid={wrong !== '' || rest['aria-invalid'] || undefined}
        aria-describedby={cx(rest['aria-describedby'], `${id}-said`)}
        className={isDate ? 'pr-8' : ''}
        onChange={(e) => type(e.target.value)}
        onBlur={end}
        onKeyDown={key}
      />
      {isDate && (
        <button
          type="button"
          aria-label="Choose in a calendar"
          aria-haspopup="dialog"
          aria-expanded={open !== null}
          disabled={rest.disabled}
          className="absolute top-0 right-0 flex size-8 items-center justify-center rounded-md text-ink-3 hover:text-ink disabled:opacity-60"
          onClick={() => setOpen(open ? null : (box.current?.getBoundingClientRect() ?? null))}
        >
          <CalendarDays size={15} aria-hidden />
        </button>
      )}
      <p id={`${id}-said`} role="status" className={cx('text-sm', wrong ? 'mt-0.5 text-danger-ink' : 'text-ink-3')}>
        {wrong || (isDate && read?.ok && read.value !== null && formatValue(column, read.value))}
        <ShownBelow text={text} />
      </p>
      {open && (
        <Popover anchor={open} label="Calendar" onClose={() => setOpen(null)} className="w-[252px]">
          <Month
            value={typeof value === 'string' ? value : null}
            onPick={(day) => {
              setOpen(null);
              setDraft(null);
              const next = dayOn(column, value, day);
              onChange?.(next);
              onEnd?.(next);
            }}
            onLeave={() => setOpen(null)}
          />
        </Popover>
      )}
    </div>
  );
}

function readChecked(column: Column, text: string, check: TypedInputProps['check']): Parsed {
  const parsed = parseValue(column, text);
  const reason = parsed.ok && parsed.value !== null ? check?.(parsed.value) : null;
  return reason ? { ok: false, reason } : parsed;
}

/** The day as the column's value; a moment keeps its time of day. */
function dayOn(column: Column, value: CellValue, day: Date): CellValue {
  const time =
    column.type === 'datetime' ? (/[T ](\d.*)$/.exec(typeof value === 'string' ? value : '')?.[1] ?? '') : '';
  const parsed = parseValue(column, `${isoOf(day)} ${time}`.trim());
  return parsed.ok ? parsed.value : isoOf(day);
}

function Month({ value, onPick, onLeave }: { value: string | null; onPick: (day: Date) => void; onLeave: () => void }) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef({ onPick, onLeave });
  useEffect(() => {
    latest.current = { onPick, onLeave };
  });
  useEffect(() => {
    const calendar = new Calendar(
      (day) => latest.current.onPick(day),
      () => latest.current.onLeave(),
    );
    calendar.show(dayOf(value ?? today()), value !== null);
    host.current?.replaceChildren(calendar.el);
    calendar.el.querySelector('[tabindex="0"]')?.setAttribute('data-autofocus', ''); // for the popover
  }, [value]);
  return <div ref={host} />;
}

const quantity = (type: ColumnType): Column => ({ id: type, name: type, type, kind: 'data', created_at: '' });
const NUMBER = quantity('number');
const DATE = quantity('date');
const MOMENT = quantity('datetime');

export interface NumberInputProps extends Attributes {
  value: number | null;
  /** Null for nothing, and for what is no number within the bounds. */
  onChange?: (value: number | null) => void;
  onEnd?: (value: number) => void;
  whole?: boolean;
  min?: number;
  max?: number;
}

/** A number of the product's own, such as a limit: read like those of cells, and within its bounds. */
export function NumberInput({ value, onChange, onEnd, whole, min, max, ...rest }: NumberInputProps) {
  const check = (v: CellValue): string | null => {
    const n = Number(v);
    if (whole && !Number.isSafeInteger(n)) return 'Write a whole number.';
    if (min !== undefined && n < min) return `Write at least ${min.toLocaleString('en')}.`;
    if (max !== undefined && n > max) return `Write at most ${max.toLocaleString('en')}.`;
    return null;
  };
  return (
    <TypedInput
      {...rest}
      column={NUMBER}
      value={value}
      check={check}
      onChange={(v) => onChange?.(v === null ? null : Number(v))}
      onEnd={(v) => v !== null && onEnd?.(Number(v))}
    />
  );
}

/** A day of the product's own, such as the end of a period. */
export function DateInput({
  value,
  onChange,
  onEnd,
  ...rest
}: Attributes & {
  value: string;
  /** Empty for nothing, and for what is no date. */
  onChange?: (day: string) => void;
  onEnd?: (day: string) => void;
}) {
  return (
    <TypedInput
      {...rest}
      column={DATE}
      value={value || null}
      onChange={(v) => onChange?.(typeof v === 'string' ? v : '')}
      onEnd={(v) => typeof v === 'string' && onEnd?.(v)}
    />
  );
}

/** A moment of the product's own; one without a zone is in the workspace's. */
export function MomentInput({
  value,
  onEnd,
  check,
  ...rest
}: Attributes & { value: string; onEnd: (moment: string) => void; check?: (moment: string) => string | null }) {
  return (
    <TypedInput
      {...rest}
      column={MOMENT}
      value={value || null}
      check={(v) => (typeof v === 'string' ? (check?.(v) ?? null) : null)}
      onEnd={(v) => typeof v === 'string' && onEnd(v)}
    />
  );
}
