import { useId, useState } from 'react';
import type { CellValue, Column } from '@/api/types';
import { Select, Textarea } from '@/components/field';
import { Shown, ShownBelow } from '@/components/shown';
import { sameValue } from '@/grid/model';
import { TypedInput } from '@/grid/typed-input';
import { parseValue, plainText } from '@/grid/values';
import { spelled } from '@/lib/signs';
import { toast } from '@/lib/toasts';
import { ColumnIcon } from './type-icon';

/** One cell of a row as a field of a form, by its type. */
export function RowField({
  column,
  value,
  disabled,
  onSave,
}: {
  column: Column;
  value: CellValue;
  disabled: boolean;
  onSave: (v: CellValue) => void;
}) {
  const id = useId();
  const label = (
    <span className="mb-1 flex items-center gap-1.5 text-sm font-medium text-ink-2">
      <span className="text-ink-3">
        <ColumnIcon column={column} />
      </span>
      <Shown text={column.name} />
    </span>
  );
  if (column.type === 'boolean') {
    return (
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          disabled={disabled}
          checked={value === true}
          onChange={(e) => onSave(e.target.checked)}
          className="size-3.5 accent-primary"
        />
        <span className="text-sm font-medium text-ink-2">
          <Shown text={column.name} />
        </span>
      </label>
    );
  }
  if (column.type === 'select') {
    return (
      <label className="block">
        {label}
        <Select disabled={disabled} value={plainText(value)} onChange={(e) => onSave(e.target.value || null)}>
          <option value="">–</option>
          {(column.options ?? []).map((o) => (
            <option key={o.name} value={o.name}>
              {spelled(o.name)}
            </option>
          ))}
        </Select>
      </label>
    );
  }
  if (column.type !== 'long_text' && column.type !== 'json') {
    return (
      <div>
        <label htmlFor={id}>{label}</label>
        <TypedInput
          id={id}
          column={column}
          value={value}
          disabled={disabled}
          onEnd={(v) => !sameValue(v, value) && onSave(v)}
        />
      </div>
    );
  }
  return (
    <label className="block">
      {label}
      <LinesField column={column} value={value} disabled={disabled} onSave={onSave} />
    </label>
  );
}

function LinesField({
  column,
  value,
  disabled,
  onSave,
}: {
  column: Column;
  value: CellValue;
  disabled: boolean;
  onSave: (v: CellValue) => void;
}) {
  const start = column.type === 'json' && value !== null ? JSON.stringify(value, null, 2) : plainText(value);
  const [text, setText] = useState(start);
  const commit = (): void => {
    if (text === start) return;
    const parsed = parseValue(column, text);
    if (parsed.ok) onSave(parsed.value);
    else {
      toast.error(`${column.name}: ${parsed.reason}`);
      setText(start);
    }
  };
  return (
    <>
      <Textarea
        value={text}
        disabled={disabled}
        rows={4}
        className={column.type === 'json' ? 'font-mono !text-sm' : ''}
        onBlur={commit}
        onChange={(e) => setText(e.target.value)}
      />
      <ShownBelow text={text} />
    </>
  );
}
