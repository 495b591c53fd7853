import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Column } from '../model';
import { plainText } from '../values';
import { readText, type Reading } from './reader';

/** The committed table that the server's reader passes too: domain/table/typed_text_test.go. */
interface Group {
  type: Column['type'];
  form?: Column['form'];
  currency?: string;
  zone?: string;
  now?: string;
  options?: string[];
  cases: [text: string, outcome: string][];
}
const groups = JSON.parse(readFileSync('../domain/table/testdata/typed-text.json', 'utf8')) as Group[];

function columnOf(g: Group): Column {
  return {
    id: 'col_1',
    name: 'Thing',
    type: g.type,
    kind: 'data',
    created_at: '',
    ...(g.form ? { form: g.form } : {}),
    ...(g.currency ? { format: { currency: g.currency } } : {}),
    ...(g.options ? { options: g.options.map((name, i) => ({ id: String(i), name })) } : {}),
  };
}

function outcome(column: Column, text: string, reading: Reading): string {
  const parsed = readText(column, text, reading);
  if (!parsed.ok) return parsed.kind ? `error:${parsed.kind}` : 'error';
  const number = ['number', 'currency', 'percent'].includes(column.type) && typeof parsed.value === 'string';
  return number ? plainText(parsed.value) : JSON.stringify(parsed.value);
}

describe('typed text is read as the table says', () => {
  it.each(
    groups.map((g) => [`${g.type} ${JSON.stringify(g.form ?? {})} ${g.currency ?? ''} ${g.zone ?? ''}`, g] as const),
  )('%s', (_, g) => {
    const reading: Reading = { zone: g.zone ?? 'UTC', ...(g.now ? { now: Date.parse(g.now) } : {}) };
    const column = columnOf(g);
    const wrong = g.cases.flatMap(([text, want]) => {
      const got = outcome(column, text, reading);
      return got === want ? [] : [`${JSON.stringify(text)}: ${got}, not ${want}`];
    });
    expect(wrong).toEqual([]);
  });
});
