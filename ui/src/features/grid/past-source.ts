import { NetworkError } from '@/api/errors';
import type { EditStore } from '@/grid/edit-store';
import type { GridEvents, GridSource } from '@/grid/events';
import { rows, type RowQuery } from './api/rows';

/** Nothing is edited in the past, so nothing is kept. */
const noEdits: EditStore = {
  keep: () => true,
  drop: () => undefined,
  hold: () => true,
  release: () => undefined,
  adopt: () => Promise.resolve({ batches: [], held: [] }),
  exclusive: (run) => run(),
  onOrphans: () => undefined,
  close: () => undefined,
};

/** The rows of a table as they were at a moment; the grid on it can't edit. */
export function pastSource(ws: string, table: string, asOf: string, query: () => RowQuery): GridSource {
  const refused = (): Promise<never> => Promise.reject(new Error('A table as it was can’t be edited'));
  return {
    window: async (offset, limit) => {
      const answer = await rows(ws, table, query(), offset, limit, asOf);
      return { rows: answer.data ?? [], position: answer.meta.position ?? 0 };
    },
    send: refused,
    classify: (error) =>
      error instanceof NetworkError ? { is: 'offline' } : { is: 'refused', reason: String(error), alone: false },
    edits: () => noEdits,
    insertRows: refused,
    addColumns: refused,
  };
}

const nothing = (): void => undefined;

/** What a grid that only shows tells its page: nothing that it would act on but a failure. */
export function pastEvents(failed: (error: unknown) => void, notice: GridEvents['notice']): GridEvents {
  return {
    columnMenu: nothing,
    renameColumn: nothing,
    rowMenu: nothing,
    addColumn: nothing,
    openRow: nothing,
    comment: nothing,
    toggleGroup: nothing,
    openRowPage: nothing,
    expandCell: nothing,
    hover: nothing,
    layout: nothing,
    pasteTable: () => true,
    confirmPaste: () => Promise.resolve(false),
    held: nothing,
    failed,
    notice,
    command: nothing,
    deleteRows: nothing,
    contextMenu: nothing,
  };
}
