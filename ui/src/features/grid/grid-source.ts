import { ApiError, NetworkError } from '@/api/errors';
import type { EditBatch, Outcome } from '@/grid/edit-queue';
import type { GridSource, RowInsert } from '@/grid/events';
import { parseExact } from '@/lib/exact-json';
import { batchRows, editCells, rows, type RowQuery } from './api/rows';
import { addColumn } from './api/table';

const KEPT = 'morket.edits';

export interface SourceOptions {
  workspaceId: string;
  tableId: string;
  userId: string;
  query: () => RowQuery;
  columnNames: () => string[];
  columnsAdded: () => Promise<void>;
}

/** The grid's data over the API; edits that could not be sent are kept per user and table in the browser. */
export function gridSource(o: SourceOptions): GridSource {
  const key = `${KEPT}.${o.userId}.${o.tableId}`;
  return {
    window: async (offset, limit) => {
      const answer = await rows(o.workspaceId, o.tableId, o.query(), offset, limit);
      return { rows: answer.data ?? [], position: answer.meta.position ?? 0 };
    },
    send: async (batch) => {
      const edits = batch.changes.map((c) => ({ row_id: c.rowId, column_id: c.columnId, value: c.value }));
      return (await editCells(o.workspaceId, o.tableId, edits, batch.createOptions ?? false, batch.key)).position;
    },
    classify: outcome,
    store: (batches) => keep(key, batches),
    load: () => kept(key),
    insertRows: (list: RowInsert[], createOptions) => insertRows(o, list, createOptions),
    addColumns: (n) => addColumns(o, n),
  };
}

async function insertRows(
  o: SourceOptions,
  list: RowInsert[],
  createOptions: boolean,
): Promise<{ ids: string[]; position: number }> {
  const operations = list.map((r) => ({ op: 'insert' as const, cells: r.cells }));
  const answer = await batchRows(o.workspaceId, o.tableId, operations, createOptions);
  return { ids: answer.data.results.flatMap((r) => r.row_id ?? []), position: answer.position };
}

async function addColumns(o: SourceOptions, n: number): Promise<string[]> {
  const names = new Set(o.columnNames().map((name) => name.toLowerCase()));
  const ids: string[] = [];
  for (let i = names.size + 1; ids.length < n; i++) {
    const name = `Column ${String(i)}`;
    if (names.has(name.toLowerCase())) continue;
    ids.push((await addColumn(o.workspaceId, o.tableId, { name, type: 'text' })).id);
  }
  await o.columnsAdded();
  return ids;
}

function outcome(error: unknown): Outcome {
  if (error instanceof NetworkError) return 'offline';
  if (error instanceof ApiError && (error.temporary || error.status >= 500)) return 'retry';
  return error instanceof ApiError ? 'refused' : 'retry';
}

function keep(key: string, batches: EditBatch[]): void {
  try {
    if (batches.length) localStorage.setItem(key, JSON.stringify(batches));
    else localStorage.removeItem(key);
  } catch {
    // a full or forbidden storage only costs the edits of a reload while offline
  }
}
function kept(key: string): EditBatch[] {
  try {
    const parsed = parseExact(localStorage.getItem(key) ?? '[]');
    return Array.isArray(parsed) ? (parsed as EditBatch[]) : [];
  } catch {
    return [];
  }
}
