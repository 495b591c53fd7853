import { afterEach, describe, expect, it } from 'vitest';
import { cellText } from './cell-text';
import { decimalsOf, readClipboard, toHTML, toTSV } from './clipboard';
import type { CellValue, Column, ColumnType } from './model';
import { planPaste } from './paste-plan';
import { momentIn } from './typed/times';
import { setWorkspaceZone } from './typed/zone';
import { convertValue, parseValue, writtenText } from './values';

const column = (type: ColumnType, form?: Column['form']): Column => ({
  id: 'c',
  name: 'C',
  type,
  kind: 'data',
  created_at: '',
  ...(form ? { form } : {}),
});
const NUMBERS: CellValue[] = [0, 1.5, -1.234, 12.345, 1234, 1234567.891, 0.001, -0.5, '12345678901234567.875'];
const DECIMALS = ['point', 'comma', undefined] as const;
const NUMERIC = ['number', 'currency', 'percent'] as const;

afterEach(() => setWorkspaceZone('UTC'));

describe('the text by which a value is edited', () => {
  it.each(NUMERIC.flatMap((type) => DECIMALS.map((decimal) => [type, decimal] as const)))(
    'is read as the same number in a column of %s written with %s',
    (type, decimal) => {
      const c = column(type, decimal ? { decimal } : undefined);
      for (const n of NUMBERS) expect(parseValue(c, writtenText(c, n))).toEqual({ ok: true, value: n });
    },
  );
  it.each(['UTC', 'Europe/Zurich', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
    'is read as the same moment in %s',
    (zone) => {
      setWorkspaceZone(zone);
      const c = column('datetime');
      const days = Array.from({ length: 60 }, (_, i) =>
        i < 43 ? Date.UTC(2026, 2, 1 + i) : Date.UTC(2026, 9, i - 23),
      );
      for (const t of days.flatMap((day) => Array.from({ length: 48 }, (_, i) => day + i * 30 * 60_000))) {
        for (const iso of [momentIn(t, zone), momentIn(t, 'UTC')])
          expect(parseValue(c, writtenText(c, iso))).toEqual({ ok: true, value: iso });
      }
    },
  );
  it('leaves out the zone of the workspace', () => {
    setWorkspaceZone('Asia/Tokyo');
    expect(writtenText(column('datetime'), '2026-03-31T23:05:00+09:00')).toBe('2026-03-31 23:05');
    expect(writtenText(column('datetime'), '2026-03-31T14:05:00Z')).toBe('2026-03-31T14:05:00Z');
    expect(writtenText(column('datetime'), '2026-03-31T14:05:07.25Z')).toBe('2026-03-31T14:05:07.25Z');
  });
});

describe('a number that is copied from one column to another', () => {
  it.each(DECIMALS.flatMap((from) => DECIMALS.map((to) => [from, to] as const)))(
    'stays itself from %s to %s',
    (from, to) => {
      const source = column('number', from ? { decimal: from } : undefined);
      const target = column('currency', to ? { decimal: to } : undefined);
      for (const n of NUMBERS) {
        const text = [[cellText(source, n)]];
        const html = toHTML(text, [from ?? 'point']);
        const read = readClipboard(toTSV(text), html) ?? [];
        const plan = planPaste(read, { row: 0, col: 0 }, [target], 1, decimalsOf(html));
        expect(plan.edits).toEqual([{ row: 0, columnId: 'c', value: n }]);
        expect(convertValue(source, target, n)).toEqual({ ok: true, value: n });
      }
    },
  );
  it('is text in a column of text, as it was shown', () => {
    const html = toHTML([['1,234']], ['comma']);
    const plan = planPaste([['1,234']], { row: 0, col: 0 }, [column('text')], 1, decimalsOf(html));
    expect(plan.edits[0]?.value).toBe('1,234');
    expect(convertValue(column('number', { decimal: 'comma' }), column('text'), 1.234)).toEqual({
      ok: true,
      value: '1,234',
    });
  });
});
