import type { SelectHTMLAttributes } from 'react';
import { Field, Select } from '@/components/field';
import { isNumeric, type Column, type ColumnType } from './model';
import { currencyCodes } from './typed/words';

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
  if (isNumeric(type))
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

/** Whether columns of the type have a form. */
export function hasForm(type: ColumnType): boolean {
  return isNumeric(type) || type === 'date' || type === 'datetime';
}

/** The form and the currency that a new column of the type has unless others are chosen: those of the last such column. */
export function formLike(columns: readonly Column[], type: ColumnType): { form: ColumnForm; currency: string } {
  const part = isNumeric(type) ? 'decimal' : 'date_order';
  const like = columns.findLast((c) => c.form?.[part])?.form?.[part];
  const currency = columns.findLast((c) => c.type === 'currency' && c.format?.currency)?.format?.currency ?? 'USD';
  return { form: like && hasForm(type) ? { [part]: like } : {}, currency };
}

const names = new Intl.DisplayNames('en', { type: 'currency' });
const label = (code: string): string => `${code} – ${names.of(code) ?? code}`;
const COMMON = ['USD', 'EUR', 'GBP', 'CHF', 'JPY', 'CNY', 'INR', 'CAD', 'AUD'];

/** The currencies by their codes and names, the common ones first; one that the list doesn't have stays choosable. */
export function CurrencySelect({
  value,
  onChange,
  ...rest
}: Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange'> & { value: string; onChange: (code: string) => void }) {
  const known = currencyCodes.includes(value);
  return (
    <Select {...rest} value={value} onChange={(e) => onChange(e.target.value)}>
      {!known && <option value={value}>{value}</option>}
      <optgroup label="Common">
        {COMMON.map((code) => (
          <option key={code} value={code}>
            {label(code)}
          </option>
        ))}
      </optgroup>
      <optgroup label="All">
        {currencyCodes
          .filter((code) => !COMMON.includes(code))
          .map((code) => (
            <option key={code} value={code}>
              {label(code)}
            </option>
          ))}
      </optgroup>
    </Select>
  );
}

function ordered(form: ColumnForm, order: string): ColumnForm {
  const { date_order: _, ...rest } = form;
  return order === '' ? rest : { ...rest, date_order: order as 'dmy' | 'mdy' | 'ymd' };
}
