import type { Filter, RunRequest } from '@/api/types';

/** The rows that a run is for. */
export type Among = 'selected' | 'shown' | 'table';
/** Which of them. */
export type Only = 'empty' | 'failed' | 'all';

export interface RunChoice {
  among: Among;
  only: Only;
  first: number | null;
  force: boolean;
  /** In credits. */
  cap: number | null;
}

export interface Shown {
  tableId: string;
  columnIds: string[];
  rowIds: string[] | null;
  filter: Filter | null;
  q: string;
}

/** What a run begins with: the selected rows, or else what the view shows; of them those without a value. */
export const firstChoice = (rowIds: string[] | null): RunChoice => ({
  among: rowIds ? 'selected' : 'shown',
  only: 'empty',
  first: null,
  force: false,
  cap: null,
});

/** The request for the choice. Selected rows are named, so no filter stands in their way. */
export function runRequest(shown: Shown, c: RunChoice): RunRequest {
  const selected = c.among === 'selected' && shown.rowIds !== null;
  const scope = c.only === 'all' ? (selected ? 'rows' : 'all') : c.only;
  const view = c.among === 'shown';
  return {
    table_id: shown.tableId,
    columns: shown.columnIds,
    scope,
    ...(selected && shown.rowIds ? { row_ids: shown.rowIds } : {}),
    ...(view && shown.filter ? { filter: shown.filter } : {}),
    ...(view && shown.q ? { q: shown.q } : {}),
    ...(c.first ? { first: c.first } : {}),
    ...(c.force ? { force: true } : {}),
    ...(c.cap !== null ? { max_credits_mc: Math.round(c.cap * 1000) } : {}),
  };
}
