import { describe, expect, it } from 'vitest';
import type { Column } from '@/api/types';
import { completed, completionAt } from './completion';

const columns = ['Email', 'Company', 'Company domain', 'Größe'].map((name, i): Column => ({
  id: `c${String(i)}`,
  name,
  type: 'text',
  kind: 'data',
  created_at: '',
}));
const offered = (text: string, caret = text.length): string[] | undefined =>
  completionAt(text, caret, columns)?.columns.map((c) => c.name);

describe('completionAt', () => {
  it.each<[string, string[] | undefined]>([
    ['{{', ['Email', 'Company', 'Company domain', 'Größe']],
    ['a {{comp', ['Company', 'Company domain']],
    ['{{ gross', ['Größe']],
    ['{{Email}} ', undefined],
    ['{{Email}} {{em', ['Email']],
    ['{ em', undefined],
    ['{{nothing', undefined],
    ['', undefined],
  ])('%s offers %s', (text, names) => {
    expect(offered(text)).toEqual(names);
  });
  it('looks at what is before the caret', () => {
    expect(offered('{{em}} and more', 4)).toEqual(['Email']);
  });
});

describe('completed', () => {
  it.each<[string, number, string, number]>([
    ['x {{em', 6, 'x {{Email}}', 11],
    ['{{em}} > 1', 4, '{{Email}} > 1', 9],
    ['{{', 2, '{{Email}}', 9],
    ['{{em {{Company}}', 4, '{{Email}} {{Company}}', 9],
  ])('%s with the caret at %i becomes %s', (text, caret, want, at) => {
    const c = completionAt(text, caret, columns);
    expect(c && completed(text, c, 'Email')).toEqual({ text: want, caret: at });
  });
});
