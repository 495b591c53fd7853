import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { CurrencySelect, FormFields, formLike } from './form-fields';
import type { Column, ColumnType } from './model';

const column = (type: ColumnType, rest: Partial<Column> = {}): Column => ({
  id: type,
  name: type,
  type,
  kind: 'data',
  created_at: '',
  ...rest,
});
const european = [
  column('date', { form: { date_order: 'dmy' } }),
  column('number', { form: { decimal: 'comma' } }),
  column('currency', { format: { currency: 'CHF' } }),
  column('text'),
];

it.each<[ColumnType, object]>([
  ['date', { form: { date_order: 'dmy' }, currency: 'CHF' }],
  ['datetime', { form: { date_order: 'dmy' }, currency: 'CHF' }],
  ['percent', { form: { decimal: 'comma' }, currency: 'CHF' }],
  ['currency', { form: { decimal: 'comma' }, currency: 'CHF' }],
  ['text', { form: {}, currency: 'CHF' }],
])('a new column of %s is written like its neighbours', (type, like) => {
  expect(formLike(european, type)).toEqual(like);
  expect(formLike([column('text')], type)).toEqual({ form: {}, currency: 'USD' });
});

it('offers the form that the type has', async () => {
  const change = vi.fn();
  const { rerender } = render(<FormFields type="date" form={{ decimal: 'comma' }} onChange={change} />);
  await userEvent.selectOptions(screen.getByLabelText('Order of day and month'), 'mdy');
  expect(change).toHaveBeenLastCalledWith({ decimal: 'comma', date_order: 'mdy' });
  rerender(<FormFields type="currency" form={{}} onChange={change} />);
  await userEvent.selectOptions(screen.getByLabelText('Decimal sign'), 'comma');
  expect(change).toHaveBeenLastCalledWith({ decimal: 'comma' });
  rerender(<FormFields type="text" form={{}} onChange={change} />);
  expect(screen.queryByRole('combobox')).toBeNull();
});

it('names currencies and keeps one that it doesn’t know', () => {
  render(<CurrencySelect aria-label="Currency" value="XTS" onChange={vi.fn()} />);
  expect(screen.getByLabelText('Currency')).toHaveDisplayValue('XTS');
  expect(screen.getByRole('option', { name: 'EUR – Euro' })).toBeInTheDocument();
  expect(screen.getAllByRole('option', { name: /^USD/ })).toHaveLength(1);
});
