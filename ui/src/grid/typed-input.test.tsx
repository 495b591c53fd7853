import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it, vi } from 'vitest';
import type { CellValue, Column, ColumnType } from './model';
import { NumberInput, TypedInput } from './typed-input';

function open(type: ColumnType, form: Column['form'], start: CellValue = null) {
  const changed = vi.fn();
  const ended = vi.fn();
  const sent = vi.fn();
  const column: Column = { id: 'c', name: 'C', type, kind: 'data', created_at: '', ...(form ? { form } : {}) };
  function Harness() {
    const [value, setValue] = useState<CellValue>(start);
    return (
      <form
        onSubmit={(e) => {
          e.preventDefault();
          sent();
        }}
      >
        <TypedInput
          aria-label="Value"
          column={column}
          value={value}
          onEnd={ended}
          onChange={(v) => {
            changed(v);
            setValue(v);
          }}
        />
        <button>Send</button>
      </form>
    );
  }
  render(<Harness />);
  return { input: screen.getByRole('textbox', { name: 'Value' }), changed, ended, sent };
}

describe('a field for a value', () => {
  it.each<[ColumnType, Column['form'], string, CellValue]>([
    ['date', { date_order: 'dmy' }, '03/04/2026', '2026-04-03'],
    ['date', { date_order: 'mdy' }, '03/04/2026', '2026-03-04'],
    ['date', undefined, '31 Dec 2024', '2024-12-31'],
    ['datetime', { time_zone: 'Europe/Zurich' }, '1/2/2026 14:05', null],
    ['datetime', { date_order: 'dmy', time_zone: 'Europe/Zurich' }, '1.2.2026 14:05', '2026-02-01T14:05:00+01:00'],
    ['number', { decimal: 'comma' }, '1.234,5', 1234.5],
    ['number', undefined, '1,234.5', 1234.5],
    ['number', undefined, '1,5', null],
    ['percent', undefined, '12.5 %', 12.5],
  ])('of %s written as %j reads %s as %j', async (type, form, text, value) => {
    const { input, changed } = open(type, form);
    await userEvent.type(input, text);
    expect(changed.mock.lastCall?.[0] ?? null).toEqual(value);
  });

  it('is nothing while it can’t be read, and says why at the end', async () => {
    const { input, changed, ended, sent } = open('date', { date_order: 'dmy' }, '2026-04-03');
    expect(input).toHaveValue('2026-04-03');
    await userEvent.clear(input);
    await userEvent.type(input, 'someday');
    expect(changed).toHaveBeenLastCalledWith(null);
    expect(input).not.toHaveAttribute('aria-invalid');
    await userEvent.keyboard('{Enter}');
    expect(sent).not.toHaveBeenCalled();
    expect(input).toHaveAttribute('aria-invalid', 'true');
    expect(input).toHaveAccessibleDescription(/“someday” is not a date/);
    expect(input).toHaveValue('someday');
    expect(ended).not.toHaveBeenCalled();
  });

  it('shows how a date is read, and writes it so when it is left', async () => {
    const { input, ended } = open('date', { date_order: 'dmy' });
    await userEvent.type(input, '3/4/26');
    expect(input).toHaveAccessibleDescription('3 Apr 2026');
    await userEvent.tab();
    expect(input).toHaveValue('2026-04-03');
    expect(ended).toHaveBeenCalledExactlyOnceWith('2026-04-03');
  });

  it('chooses a day by keyboard and keeps the time of day', async () => {
    const { input, changed } = open('datetime', { time_zone: 'UTC' }, '2026-04-03T14:05:00Z');
    input.focus();
    await userEvent.keyboard('{ArrowDown}');
    expect(screen.getByRole('gridcell', { name: 'Friday, April 3, 2026' })).toHaveFocus();
    await userEvent.keyboard('{ArrowRight}{Enter}');
    expect(changed).toHaveBeenLastCalledWith('2026-04-04T14:05:00Z');
    expect(screen.queryByRole('dialog', { name: 'Calendar' })).toBeNull();
    expect(input).toHaveFocus();
  });
});

it('shows below it what its text hides', async () => {
  const { input } = open('text', undefined, 'invoice\u202efdp.exe');
  expect(input).toHaveAccessibleDescription(/^Holds signs that are not seen: /);
  expect(screen.getByRole('img', { name: 'right-to-left override' })).toBeInTheDocument();
  await userEvent.clear(input);
  expect(input).toHaveAccessibleDescription('');
});

describe('a field for a number of the product', () => {
  it.each([
    ['5', 5, ''],
    ['1,000', 1000, ''],
    ['2.5', null, 'Write a whole number.'],
    ['0', null, 'Write at least 1.'],
    ['1e9', null, 'Write at most 5,000.'],
    ['1,5', null, /is no number with a decimal point/],
    ['', null, ''],
  ])('reads %s as %j', (text, value, reason) => {
    const change = vi.fn();
    render(<NumberInput aria-label="Rows" value={7} whole min={1} max={5000} onChange={change} />);
    const input = screen.getByRole('textbox', { name: 'Rows' });
    fireEvent.change(input, { target: { value: text } });
    fireEvent.blur(input);
    expect(change).toHaveBeenLastCalledWith(value);
    expect(input).toHaveAccessibleDescription(reason);
  });
});
