import type { CellValue, Cells, Column } from '@/api/types';
import { Input, Select } from '@/components/field';
import { Shown } from '@/components/shown';
import { plainText } from '@/grid/values';
import { newFill, type FieldOfAnswer, type Fill, type Fills } from '../fills';

export interface FillFieldsProps {
  /** Without those that the column itself holds. */
  fields: FieldOfAnswer[];
  fills: Fills;
  columns: readonly Column[];
  own: string | null;
  /** The fields of the last answer that was tried. */
  sample: Cells | null;
  onChange: (fills: Fills) => void;
}

/** Ticks further fields of the answer, each for a column. One run and one debit fill them all. */
export function FillFields({ fields, fills, columns, own, sample, onChange }: FillFieldsProps) {
  if (fields.length === 0) return null;
  const set = (field: string, fill: Fill | null): void => {
    const rest = Object.fromEntries(Object.entries(fills).filter(([name]) => name !== field));
    onChange(fill ? { ...rest, [field]: fill } : rest);
  };
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-semibold">Also fill</legend>
      <p className="mb-1 text-sm text-ink-3">Further fields of the same answer, at no extra cost.</p>
      {fields.map((f) => (
        <FillRow
          key={f.name}
          field={f}
          fill={fills[f.name]}
          columns={columns.filter((c) => c.id !== own && c.kind === 'data')}
          sample={sample?.[f.name]}
          onTick={(on) => set(f.name, on ? newFill(f, columns, fills) : null)}
          onChange={(fill) => set(f.name, fill)}
        />
      ))}
    </fieldset>
  );
}

function FillRow({
  field,
  fill,
  columns,
  sample,
  onTick,
  onChange,
}: {
  field: FieldOfAnswer;
  fill: Fill | undefined;
  columns: Column[];
  sample: CellValue | undefined;
  onTick: (on: boolean) => void;
  onChange: (fill: Fill) => void;
}) {
  return (
    <div className="flex flex-col gap-1">
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          className="size-3.5 shrink-0 accent-primary"
          checked={fill !== undefined}
          onChange={(e) => onTick(e.target.checked)}
        />
        <span className="shrink-0">{field.label}</span>
        {sample != null && (
          <span className="min-w-0 truncate text-sm text-ink-3">
            <Shown text={plainText(sample)} />
          </span>
        )}
      </label>
      {fill && (
        <div className="flex gap-2 pl-6">
          <Select
            aria-label={`Column for ${field.label}`}
            className="!w-40 shrink-0"
            value={'columnId' in fill ? fill.columnId : ''}
            onChange={(e) =>
              onChange(e.target.value ? { columnId: e.target.value } : { name: field.label, type: field.type })
            }
          >
            <option value="">New column</option>
            {columns.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </Select>
          {'name' in fill && (
            <Input
              aria-label={`Name of the new column for ${field.label}`}
              maxLength={100}
              value={fill.name}
              onChange={(e) => onChange({ ...fill, name: e.target.value })}
            />
          )}
        </div>
      )}
    </div>
  );
}
