import { describe, expect, it } from 'vitest';
import { keepExport, keptExport } from './export-choice';

describe('how a table was exported the last time', () => {
  it('is kept', () => {
    const choice = { ...keptExport(), format: 'jsonl', mark: true, columns: 'all' } as const;
    keepExport(choice);
    expect(keptExport()).toEqual(choice);
  });
  it.each(['', 'no JSON', '3', 'null', '{"format":"exe","protect":"no"}'])(
    'is as at first where %j is kept',
    (text) => {
      localStorage.setItem('morket.export', text);
      expect(keptExport()).toEqual({
        format: 'csv',
        rows: 'view',
        columns: 'shown',
        protect: true,
        mark: false,
        sure: false,
      });
    },
  );
  it('takes over what earlier releases kept', () => {
    localStorage.setItem('morket.export', '{"protect":false,"mark":true}');
    expect(keptExport()).toMatchObject({ protect: false, mark: true, sure: false });
  });
});
