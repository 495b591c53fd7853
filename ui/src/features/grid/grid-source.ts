import { ApiError, messageOf, NetworkError } from '@/api/errors';
import type { EditResult } from '@/api/types';
import type { ChangeResult, Outcome } from '@/grid/edit-queue';
import { LocalEdits, type EditBatch } from '@/grid/edit-store';
import type { GridSource, RowInsert } from '@/grid/events';
import { nameKey } from '@/lib/fold';
import { batchRows, editCells, rows, type RowQuery } from './api/rows';
import { addColumn } from './api/table';
import type { GroupLines } from './group-lines';

const KEPT = 'morket.edits';

export interface SourceOptions {
  workspaceId: string;
  tableId: string;
  userId: string;
  query: () => RowQuery;
  /** The lines of grouped rows; null where rows are not grouped. */
  lines: () => GroupLines | null;
  columnNames: () => string[];
  columnsAdded: () => Promise<void>;
}

/** The grid's data over the API; edits that could not be sent are kept per user and table in the browser. */
export function gridSource(o: SourceOptions): GridSource {
  const key = `${KEPT}.${o.userId}.${o.tableId}`;
  return {
    window: async (offset, limit) => {
      const lines = o.lines();
      if (lines) return lines.window(offset, limit);
      const answer = await rows(o.workspaceId, o.tableId, o.query(), offset, limit);
      return { rows: answer.data ?? [], position: answer.meta.position ?? 0 };
    },
    send: (batch) => send(o, batch),
    classify: outcome,
    edits: () => new LocalEdits(key),
    insertRows: (list: RowInsert[], createOptions, gesture) => insertRows(o, list, createOptions, gesture),
    addColumns: (n, gesture) => addColumns(o, n, gesture),
  };
}

async function insertRows(
  o: SourceOptions,
  list: RowInsert[],
  createOptions: boolean,
  gesture: string,
): Promise<{ ids: string[]; position: number }> {
  const operations = list.map((r) => ({ op: 'insert' as const, cells: r.cells }));
  const answer = await batchRows(o.workspaceId, o.tableId, operations, createOptions, gesture);
  return { ids: answer.data.results.flatMap((r) => r.row_id ?? []), position: answer.position };
}

async function addColumns(o: SourceOptions, n: number, gesture: string): Promise<string[]> {
  const names = new Set(o.columnNames().map(nameKey));
  const ids: string[] = [];
  for (let i = names.size + 1; ids.length < n; i++) {
    const name = `Column ${String(i)}`;
    if (names.has(nameKey(name))) continue;
    ids.push((await addColumn(o.workspaceId, o.tableId, { name, type: 'text' }, gesture)).id);
  }
  await o.columnsAdded();
  return ids;
}

/** One edit that fails must not fail its neighbours; what concerns the whole call does. */
const OF_THE_CALL = new Set([403, 404, 405, 410]);

function outcome(error: unknown): Outcome {
  if (error instanceof NetworkError) return { is: 'offline' };
  const reason = messageOf(error);
  if (!(error instanceof ApiError)) return { is: 'retry', reason };
  if (error.status === 401) return { is: 'signed-out' };
  if (error.temporary || error.status >= 500 || error.code === 'CONFLICT') {
    return { is: 'retry', reason, ...(error.retryAfter ? { afterMs: error.retryAfter * 1000 } : {}) };
  }
  return { is: 'refused', reason, alone: !OF_THE_CALL.has(error.status) };
}

async function send(o: SourceOptions, batch: EditBatch): ReturnType<GridSource['send']> {
  const call = async (late: boolean): ReturnType<GridSource['send']> => {
    const edits = batch.changes.map((c) => ({
      row_id: c.rowId,
      column_id: c.columnId,
      value: c.value,
      ...(late && c.base !== undefined ? { if_version: c.base } : {}),
    }));
    const { data, position } = await editCells(o.workspaceId, o.tableId, edits, {
      createOptions: batch.createOptions ?? false,
      key: batch.key,
      as: o.userId,
      gesture: batch.gesture,
    });
    return { position, results: data?.results?.map(result) };
  };
  try {
    return await call(batch.late ?? false);
  } catch (error) {
    // The key has been used without the condition: the first try had arrived, and its answer is asked for again.
    if (batch.late && error instanceof ApiError && error.code === 'IDEMPOTENCY_KEY_REUSED') return call(false);
    throw error;
  }
}

function result(r: EditResult): ChangeResult {
  if (r.status === 'conflict') return { status: 'conflict', theirs: r.current ?? null, position: r.position ?? 0 };
  return r.status === 'error' ? { status: 'error', reason: r.error ?? '' } : { status: 'ok' };
}
