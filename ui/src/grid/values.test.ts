import { describe, expect, it } from 'vitest';
import type { Column } from './model';
import { formatValue, parseValue } from './values';

const column = (type: Column['type'], more: Partial<Column> = {}): Column => ({
  id: 'c',
  name: 'C',
  type,
  kind: 'data',
  created_at: '',
  ...more,
});

describe('reading what is typed', () => {
  it.each([
    ['number', '1,234.5', 1234.5],
    ['number', '(12)', -12],
    ['number', '12345678901234567890.12', '12345678901234567890.12'],
    ['currency', '$ 1 000', 1000],
    ['percent', '12.5 %', 12.5],
    ['boolean', 'Yes', true],
    ['boolean', '0', false],
    ['date', '13/4/2026', '2026-04-13'],
    ['date', '2024-12-31', '2024-12-31'],
    ['date', '12/31/2024', '2024-12-31'],
    ['date', '31.12.2026', '2026-12-31'],
    ['date', '5 Mar 2026', '2026-03-05'],
    ['text', '  kept  ', '  kept  '],
    ['email', ' a@b.co ', 'a@b.co'],
    ['json', '{"a":1}', { a: 1 }],
    ['number', '   ', null],
  ] as const)('%s %j', (type, text, value) => {
    expect(parseValue(column(type), text)).toEqual({ ok: true, value });
  });
  it.each([
    ['number', 'about twelve'],
    ['boolean', 'maybe'],
    ['date', '2026-02-30'],
    ['date', '3/4/2026'],
    ['number', '0,500'],
    ['number', '3,14159'],
    ['number', '1e400'],
    ['json', '{'],
    ['created_at', 'now'],
  ] as const)('refuses %s %j', (type, text) => {
    expect(parseValue(column(type), text).ok).toBe(false);
  });
  it('names the options that are new', () => {
    const select = column('multi_select', { options: [{ id: 'opt_1', name: 'EMEA' }] });
    expect(parseValue(select, 'EMEA, APAC; EMEA')).toEqual({ ok: true, value: ['EMEA', 'APAC'], newOptions: ['APAC'] });
  });
});

describe('showing values', () => {
  it.each([
    ['number', 1234567.5, {}, '1,234,567.5'],
    ['number', '12345678901234567890.123', {}, '12,345,678,901,234,567,890.123'],
    ['percent', 12.5, {}, '12.5%'],
    ['currency', 99, { currency: 'EUR', decimals: 2 }, '€99.00'],
    ['currency', '0.0025', undefined, '$0.0025'],
    ['currency', '1234.5', undefined, '$1,234.50'],
    ['currency', '0.0025', { decimals: 2 }, '$0.00'],
    ['date', '2026-03-05', {}, 'Mar 5, 2026'],
    ['boolean', true, {}, 'Yes'],
    ['text', null, {}, ''],
  ] as const)('%s %j', (type, value, format, text) => {
    expect(formatValue(column(type, { format }), value)).toBe(text);
  });
});
