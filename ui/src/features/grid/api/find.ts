import { api } from '@/api/client';
import type { Found, ReplacedText } from '@/api/types';
import type { TextSearch } from '@/grid/text-search';
import { queryParams, type RowQuery } from './rows';
import { tablePath } from './table';

export interface FindFrom {
  from: number;
  backwards: boolean;
  limit: number;
}

/** Where a text stands in all rows that the query shows. */
export async function findText(
  ws: string,
  table: string,
  query: RowQuery,
  search: TextSearch,
  columns: readonly string[],
  at: FindFrom,
): Promise<Found> {
  const { data } = await api.get<Found>(`${tablePath(ws, table)}/rows:find`, {
    query: {
      ...queryParams(query),
      find: search.text,
      match_case: search.matchCase || undefined,
      whole_cell: search.wholeCell || undefined,
      columns: columns.join(','),
      from: at.from,
      backwards: at.backwards || undefined,
      limit: at.limit,
    },
  });
  return data;
}

export interface Replacement {
  search: TextSearch;
  by: string;
  columns: readonly string[];
  dryRun: boolean;
}

/** Replaces in the next rows after a row, or tells what that would do. */
export async function replaceNext(
  ws: string,
  table: string,
  query: RowQuery,
  r: Replacement,
  after: string | undefined,
  gesture: string,
): Promise<{ data: ReplacedText; position: number }> {
  const body = {
    ...(query.filter ? { filter: query.filter } : {}),
    ...(query.q ? { q: query.q } : {}),
    columns: r.columns,
    find: r.search.text,
    replace: r.by,
    match_case: r.search.matchCase,
    whole_cell: r.search.wholeCell,
    ...(after ? { after } : {}),
    dry_run: r.dryRun,
  };
  return api.post<ReplacedText>(`${tablePath(ws, table)}/rows:replaceText`, body, { gesture });
}
