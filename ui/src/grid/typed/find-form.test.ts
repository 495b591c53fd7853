import { describe, expect, it } from 'vitest';
import type { Column } from '../model';
import { formatValue, pasteReader } from '../values';
import { readText } from './reader';

const column = (type: Column['type'], more: Partial<Column> = {}): Column => ({
  id: 'c',
  name: 'C',
  type,
  kind: 'data',
  created_at: '',
  ...more,
});
const read = (c: Column, texts: string[]): unknown[] => {
  const reader = pasteReader(c, texts);
  return texts.map((t) => {
    const parsed = reader(t);
    return parsed.ok ? parsed.value : (parsed.kind ?? 'error');
  });
};

describe('pasted texts are read in one form', () => {
  it('finds the decimal comma from all of them', () => {
    expect(read(column('number'), ['1.234', '2.500', '0,75'])).toEqual([1234, 2500, 0.75]);
  });
  it('finds the order of day and month from all of them', () => {
    expect(read(column('date'), ['03/04/2026', '13/04/2026'])).toEqual(['2026-04-03', '2026-04-13']);
    expect(read(column('date'), ['03/04/2026', '04/13/2026'])).toEqual(['2026-03-04', '2026-04-13']);
  });
  it('takes no date that could be two while they leave the order open', () => {
    expect(read(column('date'), ['03/04/2026', '05/06/2026'])).toEqual(['ambiguous', 'ambiguous']);
  });
  it('keeps to the form that the column has', () => {
    expect(read(column('date', { form: { date_order: 'mdy' } }), ['03/04/2026', '13/04/2026'])).toEqual([
      '2026-03-04',
      'form',
    ]);
    expect(read(column('number', { form: { decimal: 'point' } }), ['1.234', '0,75'])).toEqual([1.234, 'form']);
  });
});

describe('what a cell shows can be typed', () => {
  const codes = Intl.supportedValuesOf('currency').filter((c) =>
    [
      'USD',
      'EUR',
      'GBP',
      'JPY',
      'CNY',
      'CHF',
      'SEK',
      'NOK',
      'DKK',
      'BRL',
      'INR',
      'AUD',
      'CAD',
      'NZD',
      'MXN',
      'KRW',
      'ILS',
      'VND',
      'PHP',
      'TWD',
      'HKD',
      'SGD',
      'XAF',
      'XOF',
      'XPF',
      'XCD',
      'PLN',
      'CZK',
      'HUF',
      'RUB',
      'TRY',
      'UAH',
      'THB',
      'NGN',
      'ZAR',
      'RON',
      'BGN',
      'ISK',
      'AED',
    ].includes(c),
  );
  it.each(['point', 'comma'] as const)('numbers and amounts with a decimal %s', (decimal) => {
    const form = { decimal };
    const wrong: string[] = [];
    for (const value of [0, 5, -5, 1234, -1234.5, 1234567.25, 0.5, 0.01, 12345678.99]) {
      const columns = [
        column('number', { form }),
        column('percent', { form }),
        ...codes.map((currency) => column('currency', { form, format: { currency, decimals: 2 } })),
      ];
      for (const c of columns) {
        const shown = formatValue(c, value);
        const parsed = readText(c, shown, { zone: 'UTC' });
        if (!parsed.ok || parsed.value !== value) wrong.push(`${c.format?.currency ?? c.type} ${shown}`);
      }
    }
    expect(wrong).toEqual([]);
  });
  it.each([undefined, 'dmy', 'mdy', 'ymd'] as const)('dates written %s', (date_order) => {
    const c = column('date', date_order ? { form: { date_order } } : {});
    for (let month = 1; month <= 12; month++) {
      const value = `2026-${String(month).padStart(2, '0')}-0${String((month % 9) + 1)}`;
      expect(readText(c, formatValue(c, value), { zone: 'UTC' })).toEqual({ ok: true, value });
    }
  });
});
