import { expect, it } from 'vitest';
import { cellText, readText } from './cell-text';
import { readClipboard, toHTML, toTSV } from './clipboard';
import type { CellValue, Column, ColumnType } from './model';

const column = (type: ColumnType, ...options: string[]): Column => ({
  id: 'c',
  name: 'C',
  type,
  kind: 'data',
  created_at: '',
  options: options.map((name) => ({ id: name, name })),
});

it.each<[ColumnType, CellValue]>([
  ['multi_select', ['New York, NY', 'Boston']],
  ['multi_select', ['say "hi"', 'a;b', ' spaces ', 'two\nlines']],
  ['multi_select', ['"']],
  ['json', ['a', 'b, c', ['d']]],
  ['json', 'a text'],
  ['json', '[1]'],
  ['json', { a: [1, null] }],
  ['number', '12345678901234567890'],
  ['number', 1.25],
  ['boolean', false],
  ['text', '"quoted"'],
  ['select', 'New York, NY'],
  ['date', '2024-01-31'],
  ['text', null],
])('a cell of %s with %j comes back as it was', (type, value) => {
  const c = column(type, 'New York, NY', 'Boston', 'say "hi"', 'a;b', ' spaces ', 'two\nlines', '"');
  for (const line of [[cellText(c, value)], [cellText(c, value), 'x']]) {
    const read = readClipboard(toTSV([line]), toHTML([line]));
    expect(readText(c, read?.[0]?.[0] ?? '')).toEqual({ ok: true, value });
    const text = readClipboard(toTSV([[...line, 'y']]), '');
    expect(readText(c, text?.[0]?.[0] ?? '')).toEqual({ ok: true, value });
  }
});
it.each<[string, string[]]>([
  ['a, b;c\nd', ['a', 'b', 'c', 'd']],
  ['a, a', ['a']],
  ['"a, b', ['"a', 'b']],
  ['x "y" z, w', ['x "y" z', 'w']],
  ['a,,b,', ['a', 'b']],
  ['Known, one', ['Known, one']],
])('reads the options of %j', (text, names) => {
  const fresh = names.filter((n) => n !== 'Known, one');
  expect(readText(column('multi_select', 'Known, one'), text)).toEqual({
    ok: true,
    value: names,
    ...(fresh.length ? { newOptions: fresh } : {}),
  });
});
