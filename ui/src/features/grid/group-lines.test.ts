import { describe, expect, it, vi } from 'vitest';
import type { Column, Row, RowGroup } from '@/api/types';
import { groupId } from '@/grid/model';
import { groupLabel } from './group-label';
import { GroupLines, OpenGroups, type GroupedData } from './group-lines';

const column = (id: string, type: Column['type']): Column => ({ id, name: id, type, kind: 'data', created_at: '' });
const columns = [column('stage', 'select'), column('amount', 'number'), column('day', 'date')];
const group = (level: number, value: RowGroup['value'], count: number, sum = '1'): RowGroup => ({
  level,
  value,
  count,
  aggregates: [sum],
});
const row = (n: number): Row => ({ id: `r${String(n)}`, cells: {}, version: 1, created_at: '', updated_at: '' });

function lines(groups: RowGroup[], levels = 1, total = groups.length) {
  const read = vi.fn<GroupedData['rows']>((offset, limit) =>
    Promise.resolve({ rows: Array.from({ length: limit }, (_, i) => row(offset + i)), position: 7 }),
  );
  const list = vi.fn<GroupedData['groups']>((offset, limit) =>
    Promise.resolve({ groups: groups.slice(offset, offset + limit), total }),
  );
  const grown = vi.fn();
  const made = new GroupLines(
    {
      groups: [
        { column: 'stage', dir: 'asc' as const },
        { column: 'day', dir: 'asc' as const, unit: 'month' as const },
      ].slice(0, levels),
      aggregates: [{ column: 'amount', of: 'sum' }],
      columns,
    },
    { groups: list, rows: read },
    new OpenGroups(),
    grown,
  );
  return { made, read, list, grown };
}
const shown = async (made: GroupLines, from = 0, n = 100) =>
  (await made.window(from, n)).rows.map((r) =>
    r.group ? `${String(r.group.value as string | null)} ${String(r.group.count)}` : r.id,
  );

describe('grouped rows as lines', () => {
  it('puts each group before its rows, and reads rows that follow each other at once', async () => {
    const { made, read } = lines([group(0, 'Lost', 2), group(0, 'Won', 1)]);
    expect(await made.load()).toBe(5);
    expect(await shown(made)).toEqual(['Lost 2', 'r0', 'r1', 'Won 1', 'r2']);
    expect(read.mock.calls).toEqual([[0, 3]]);
    expect((await made.window(1, 1)).rows[0]).toMatchObject({ id: 'r0', number: 1 });
  });
  it('hides what is in a closed group, whatever its level', async () => {
    const { made } = lines(
      [group(0, 'Won', 3), group(1, '2026-01-01', 2), group(1, '2026-02-01', 1), group(0, null, 1), group(1, null, 1)],
      2,
    );
    await made.load();
    const january = groupId('"Won"/"2026-01-01"');
    made.toggle(january);
    expect(await shown(made)).toEqual(['Won 3', '2026-01-01 2', '2026-02-01 1', 'r2', 'null 1', 'null 1', 'r3']);
    expect(made.toggle(groupId('"Won"'))).toBe(4);
    expect(await shown(made)).toEqual(['Won 3', 'null 1', 'null 1', 'r3']);
    made.toggle(groupId('"Won"'));
    expect(await shown(made)).toContain('2026-01-01 2');
    expect(await shown(made)).not.toContain('r0');
    expect(made.setAll(false)).toBe(2);
    expect(made.setAll(true)).toBe(9);
  });
  it('reads two stretches by two requests when much lies between them', async () => {
    const { made, read } = lines([group(0, 'a', 2), group(0, 'b', 5_000), group(0, 'c', 2)]);
    await made.load();
    made.toggle(groupId('"b"'));
    expect(await shown(made)).toEqual(['a 2', 'r0', 'r1', 'b 5000', 'c 2', 'r5002', 'r5003']);
    expect(read.mock.calls).toEqual([
      [0, 2],
      [5_002, 2],
    ]);
  });
  it('begins closed in a big table', async () => {
    const { made } = lines([group(0, 'a', 20_000), group(0, 'b', 1)]);
    expect(await made.load()).toBe(2);
    expect(made.rowCount.get()).toBe(20_001);
  });
  it('reads more groups at their end', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => group(0, `g${String(i)}`, 10));
    const { made, list, grown } = lines(many);
    expect(await made.load()).toBe(2_000);
    await made.window(1_990, 20);
    expect(list).toHaveBeenCalledTimes(2);
    expect(grown).toHaveBeenCalledWith(2_500);
  });
  it('says what a group comes to, with the unit of its column', async () => {
    const { made } = lines([group(0, 'a', 1, '1234.5')]);
    await made.load();
    expect((await made.window(0, 1)).rows[0]?.group?.aggregates).toEqual({ amount: 'Sum 1,234.5' });
    expect(made.concerns(['amount'])).toBe(true);
    expect(made.concerns(['day'])).toBe(false);
  });
});

describe('the name of a group', () => {
  const day = column('day', 'date');
  it.each([
    ['year', '2026'],
    ['quarter', 'Q2 2026'],
    ['month', 'May 2026'],
  ] as const)('of dates by %s', (unit, name) => {
    expect(groupLabel(day, unit, '2026-05-01')).toBe(name);
  });
  it('is the value itself for others, and for empty cells none', () => {
    expect(groupLabel(column('t', 'text'), undefined, 'x')).toBeNull();
    expect(groupLabel(day, 'month', null)).toBeNull();
    expect(groupLabel(column('b', 'boolean'), undefined, true)).toBe('Checked');
  });
  it('opens the groups around a row, also those that are read later, and tells its line', async () => {
    const { made, list } = lines(
      [group(0, 'a/b', 3), group(1, '2026-01-01', 2), group(1, '2026-02-01', 1), group(0, 'Won', 1), group(1, null, 1)],
      2,
    );
    await made.load();
    made.setAll(false);
    expect(made.lines).toBe(2);
    expect(await made.show(2)).toBe(3);
    expect(await shown(made)).toEqual(['a/b 3', '2026-01-01 2', '2026-02-01 1', 'r2', 'Won 1']);
    expect(list).toHaveBeenCalledTimes(1);
    expect([0, 1, 2, 3, 4, 9].map((line) => made.placeAt(line))).toEqual([
      { place: 0, group: true },
      { place: 0, group: true },
      { place: 2, group: true },
      { place: 2, group: false },
      { place: 3, group: true },
      { place: 0, group: true },
    ]);
  });
  it('reads groups on until it has the row, and ends where there are fewer than were said', async () => {
    const { made, list } = lines([group(0, 'Lost', 2)], 1, 5_000);
    await made.load();
    expect(await made.show(1)).toBe(2);
    const before = list.mock.calls.length;
    expect(await made.show(7)).toBe(0);
    expect(list.mock.calls.length).toBe(before + 1);
  });
});
