import { expect, it, vi } from 'vitest';
import { ApiError, NetworkError } from '@/api/errors';
import type { EditBatch } from '@/grid/edit-store';
import { gridSource } from './grid-source';

const editCells = vi.hoisted(() => vi.fn<(...args: unknown[]) => Promise<unknown>>());
vi.mock('./api/rows', () => ({ editCells }));

const source = gridSource({
  workspaceId: 'w',
  tableId: 't',
  userId: 'usr_ann',
  lines: () => null,
  query: () => ({ filter: null, sort: [], q: '' }),
  columnNames: () => [],
  columnsAdded: () => Promise.resolve(),
});
const batch: EditBatch = {
  key: 'k',
  at: 0,
  changes: [
    { rowId: 'r', columnId: 'c', value: 'x', base: 7 },
    { rowId: 'r', columnId: 'd', value: 'y' },
  ],
};
const edits = (call: number): unknown => editCells.mock.calls[call]?.[2];

it('asks for the version that was seen when an edit is late, and tells of each', async () => {
  editCells.mockReset().mockResolvedValue({
    position: 9,
    data: {
      edited: 1,
      results: [
        { index: 0, status: 'conflict', current: 'z', position: 8 },
        { index: 1, status: 'ok' },
      ],
    },
  });
  expect(await source.send({ ...batch, late: true })).toEqual({
    position: 9,
    results: [{ status: 'conflict', theirs: 'z', position: 8 }, { status: 'ok' }],
  });
  expect(edits(0)).toEqual([
    { row_id: 'r', column_id: 'c', value: 'x', if_version: 7 },
    { row_id: 'r', column_id: 'd', value: 'y' },
  ]);
  await source.send(batch);
  expect(edits(1)).not.toEqual(edits(0));
});
it('asks for the first answer when the first try had arrived', async () => {
  const reused = new ApiError(422, 'IDEMPOTENCY_KEY_REUSED', 'used');
  editCells
    .mockReset()
    .mockRejectedValueOnce(reused)
    .mockResolvedValue({ position: 3, data: { edited: 2 } });
  expect(await source.send({ ...batch, late: true })).toMatchObject({ position: 3 });
  expect(JSON.stringify(edits(1))).not.toContain('if_version');
});
it.each<[Error, object]>([
  [new NetworkError('x'), { is: 'offline' }],
  [new ApiError(401, 'X', 'x'), { is: 'signed-out' }],
  [new ApiError(500, 'X', 'x'), { is: 'retry' }],
  [new ApiError(429, 'X', 'x', [], undefined, 2), { is: 'retry', afterMs: 2000 }],
  [new ApiError(409, 'CONFLICT', 'x'), { is: 'retry' }],
  [new ApiError(422, 'X', 'x'), { is: 'refused', alone: true }],
  [new ApiError(403, 'X', 'x'), { is: 'refused', alone: false }],
  [new Error('x'), { is: 'retry' }],
])('%s means %j', (error, outcome) => {
  expect(source.classify(error)).toMatchObject(outcome);
});
