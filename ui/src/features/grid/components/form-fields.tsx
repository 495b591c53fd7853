import type { Column, ColumnType } from '@/api/types';
import { Field, Select } from '@/components/field';

export type ColumnForm = NonNullable<Column['form']>;

/** How a column's text is written: the decimal sign of numbers, the order of day and month of dates. Nothing for other types. */
export function FormFields({
  type,
  form,
  onChange,
}: {
  type: ColumnType;
  form: ColumnForm;
  onChange: (f: ColumnForm) => void;
}) {
  if (type === 'number' || type === 'currency' || type === 'percent')
    return (
      <Field label="Decimal sign" hint="How numbers are typed, pasted and shown.">
        {(ids) => (
          <Select
            {...ids}
            value={form.decimal ?? 'point'}
            onChange={(e) => onChange({ ...form, decimal: e.target.value as 'point' | 'comma' })}
          >
            <option value="point">Point: 1,234.5</option>
            <option value="comma">Comma: 1.234,5</option>
          </Select>
        )}
      </Field>
    );
  if (type === 'date' || type === 'datetime')
    return (
      <Field label="Order of day and month" hint="How dates in digits are read. Dates that name the month need none.">
        {(ids) => (
          <Select {...ids} value={form.date_order ?? ''} onChange={(e) => onChange(ordered(form, e.target.value))}>
            <option value="">Not chosen: a date that could be two is refused</option>
            <option value="dmy">Day first: 31/12/2026</option>
            <option value="mdy">Month first: 12/31/2026</option>
            <option value="ymd">Year first: 2026/12/31</option>
          </Select>
        )}
      </Field>
    );
  return null;
}

function ordered(form: ColumnForm, order: string): ColumnForm {
  const { date_order: _, ...rest } = form;
  return order === '' ? rest : { ...rest, date_order: order as 'dmy' | 'mdy' | 'ymd' };
}
