import { describe, expect, it } from 'vitest';
import type { Import, ImportColumn } from '@/api/types';
import type { Target } from './mapping';
import { booleansOf, emptyWords, localeOf, shapeOf, typedCell, withLocale } from './typed-preview';

const column = (index: number, c: Partial<ImportColumn>): ImportColumn => ({
  index,
  name: `C${String(index)}`,
  suggested_type: 'text',
  samples: [],
  ...c,
});
const file = (columns: ImportColumn[], preview: string[][] = []): Import =>
  ({ columns, preview, detected: { format: 'csv', header: true } }) as unknown as Import;
const fresh = (type: ImportColumn['suggested_type'], more: object = {}): Target => ({
  to: 'new',
  name: 'N',
  type,
  ...more,
});

describe('a value of the file as it will be in the table', () => {
  it.each([
    ['1.234,50', 'number', { decimal: 'comma' as const }, { is: 'value', text: '1.234,5' }],
    ['1.234,50', 'number', { decimal: 'point' as const }, 'misfit'],
    ['31.12.2025', 'date', { date_order: 'dmy' as const }, { is: 'value', text: '31 Dec 2025' }],
    ['ja', 'boolean', {}, { is: 'value', text: 'Yes' }],
    ['many', 'number', {}, 'misfit'],
    ['', 'number', {}, { is: 'empty' }],
    ['n/a', 'number', {}, { is: 'empty' }],
  ] as const)('%s as %s', (text, type, form, want) => {
    const c = column(0, { form, empty_words: [{ text: 'N/A', count: 3 }] });
    const target = fresh(type);
    const shape = shapeOf(c, target, []);
    if (!shape) throw new Error('no column');
    const cell = typedCell(shape, text, emptyWords(c, target, type));
    if (want === 'misfit') expect(cell.is).toBe('misfit');
    else expect(cell).toEqual(want);
  });
  it('is in the form of the table’s column before the file’s, and in the chosen one before both', () => {
    const own = {
      id: 'x',
      name: 'X',
      type: 'number' as const,
      kind: 'data' as const,
      created_at: '',
      form: { decimal: 'point' as const },
    };
    const c = column(0, { form: { decimal: 'comma' } });
    expect(shapeOf(c, { to: 'column', columnId: 'x' }, [own])?.form?.decimal).toBe('point');
    expect(shapeOf(c, { to: 'column', columnId: 'x', form: { decimal: 'comma' } }, [own])?.form?.decimal).toBe('comma');
  });
});

describe('how a file writes', () => {
  const f = file(
    [
      column(0, { form: { decimal: 'comma' } }),
      column(1, { form: { decimal: 'point' } }),
      column(2, { open: ['date_order'] }),
      column(3, {}),
    ],
    [
      ['', '', '', 'Ja'],
      ['', '', '', 'nein'],
    ],
  );
  const targets = [fresh('number'), fresh('currency'), fresh('date'), fresh('boolean')];
  it('is what its columns have in common', () => {
    expect(localeOf(f, targets, [], 'decimal')).toBe('mixed');
    expect(localeOf(f, targets, [], 'date_order')).toBe('open');
    expect(localeOf(f, [{ to: 'skip' }, fresh('number'), fresh('text')], [], 'decimal')).toBe('point');
    expect(localeOf(f, [fresh('text')], [], 'date_order')).toBeUndefined();
  });
  it('is chosen for all of them at once', () => {
    const next = withLocale(targets, [], 'decimal', 'point');
    expect(localeOf(f, next, [], 'decimal')).toBe('point');
    expect(next[2]).toBe(targets[2]);
  });
  it('has words for yes and no', () => {
    expect([...booleansOf(f, targets, [])]).toEqual([
      ['ja', true],
      ['nein', false],
    ]);
  });
});
