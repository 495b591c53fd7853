import { describe, expect, it } from 'vitest';
import type { Import, ImportColumn } from '@/api/types';
import { isOpen, MOST_COLUMNS, problemOf, suggest, toMapping } from './mapping';

const column = (index: number, more: Partial<ImportColumn> = {}): ImportColumn => ({
  index,
  name: `c${String(index)}`,
  suggested_type: 'text',
  samples: [],
  ...more,
});
const file = (columns: ImportColumn[], more: Partial<Import> = {}): Import => ({
  id: 'imp_1',
  state: 'uploaded',
  filename: 'a.csv',
  size: 1,
  detected: { format: 'csv', encoding: 'utf-8', delimiter: ',', header: true },
  columns,
  preview: [],
  file_rows: 1,
  notices: [],
  counts: { lines: 0, rows: 0, imported: 0, updated: 0, skipped: 0, failed: 0, problems: 0 },
  progress: 0,
  created_at: '',
  ...more,
});

describe('mapping', () => {
  it('leaves out what a table has no room for and what the server suggests to leave out', () => {
    const columns = Array.from({ length: 250 }, (_, i) => column(i, i === 3 ? { suggest_skip: true } : {}));
    const targets = suggest(file(columns), []);
    expect(targets.filter((t) => t.to === 'new')).toHaveLength(MOST_COLUMNS);
    expect(targets[3]).toEqual({ to: 'skip' });
    expect(problemOf(file(columns), targets, 'append', [], [])).toBeNull();
  });
  it('asks how dates are written that can be read in two ways, and sends the answer', () => {
    const open = column(0, { suggested_type: 'date', open: ['date_order'] });
    const [target = { to: 'skip' as const }] = suggest(file([open]), []);
    expect(isOpen(open, target, [])).toBe(true);
    expect(problemOf(file([open]), [target], 'append', [], [])).toBe('Choose how “c0” is written.');
    const chosen = { to: 'new', name: 'Booked', type: 'date', form: { date_order: 'dmy' } } as const;
    expect(problemOf(file([open]), [chosen], 'append', [], [])).toBeNull();
    expect(toMapping(file([open]), [chosen])).toEqual([
      { index: 0, new_column: { name: 'Booked', type: 'date' }, form: { date_order: 'dmy' } },
    ]);
    expect(isOpen(open, { to: 'new', name: 'Booked', type: 'text' }, [])).toBe(false);
  });
  it('asks for the encoding first', () => {
    expect(problemOf(file([column(0)], { unsure: true }), suggest(file([column(0)]), []), 'append', [], [])).toBe(
      'Choose the encoding first.',
    );
  });
  it('matches names in any script', () => {
    const own = { id: 'col_1', name: 'Город', type: 'text', kind: 'data', created_at: '' } as const;
    expect(suggest(file([column(0, { name: 'город' }), column(1, { name: 'Имя' })]), [own])).toEqual([
      { to: 'column', columnId: 'col_1' },
      { to: 'new', name: 'Имя', type: 'text' },
    ]);
  });
});
