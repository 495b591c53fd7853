import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { ApiError, messageOf } from '@/api/errors';
import type { DifferencesCount, Table } from '@/api/types';
import { countAsOf, countSince, differencesSince, tableAsOf, timeline } from './api/moments';
import type { RowQuery } from './api/rows';
import { fits, stops, type Stop } from './time-travel';
import type { ViewState } from './view-state';

/** A table as it was. */
export interface PastShown {
  asOf: string;
  at: string;
  table: Table;
  /** That the query chooses. */
  rows: number;
}

export interface Past {
  /** The moment that is asked for; empty until it is known what the last one is. */
  asOf: string;
  shown: PastShown | null;
  stops: readonly Stop[];
  query: RowQuery;
  /** Names the query, for a grid of its own. */
  key: string;
  /** The view's filter does not fit the table as it was. */
  unfiltered: boolean;
  busy: boolean;
  /** How far a table that is being prepared is; empty if none is. */
  preparing: string;
  error: unknown;
  retry: () => void;
  since: DifferencesCount | null;
  /** What is otherwise now: cells as "row/column", and rows that are gone. */
  changed: ReadonlyMap<string, 'changed' | 'removed'>;
}

const RETRY_MS = 1000;
/** A big table is prepared within minutes. */
const TRIES = 600;

const isPreparing = (e: unknown): boolean => e instanceof ApiError && e.code === 'AS_OF_PREPARING';
const patience = {
  retry: (failures: number, e: Error) => (isPreparing(e) ? failures < TRIES : failures < 2 && !(e instanceof ApiError)),
  retryDelay: RETRY_MS,
  staleTime: Infinity,
};

/** Asks for the table's last change. */
export const LAST = 'last';

/** Reads the table as of the moment, what happened in its life, and what is otherwise now. */
export function usePast(ws: string, table: Table, state: ViewState, asked: string): Past {
  const line = useQuery({ queryKey: ['timeline', ws, table.id], queryFn: () => timeline(ws, table.id), staleTime: 0 });
  const stopped = useMemo(() => (line.data ? stops(line.data) : []), [line.data]);
  const asOf = asked === LAST ? (line.isFetching ? '' : (stopped.at(-1)?.asOf ?? '')) : asked;
  const was = useQuery({
    queryKey: ['past', ws, table.id, asOf, state.filter, state.sort, state.q],
    queryFn: async () => {
      const { table: then, at } = await tableAsOf(ws, table.id, asOf);
      const there = new Set(then.columns.map((c) => c.id));
      const unfiltered = !fits(state.filter, there);
      const query: RowQuery = {
        filter: unfiltered ? null : state.filter,
        sort: state.sort.filter((s) => there.has(s.column)),
        q: state.q,
      };
      const all = query.filter === null && query.q === '';
      const rows = all ? then.row_count : await countAsOf(ws, table.id, query, asOf);
      return { shown: { asOf, at, table: then, rows }, query, unfiltered };
    },
    placeholderData: keepPreviousData,
    enabled: asOf !== '',
    ...patience,
  });
  const ready = was.data !== undefined && !was.isPlaceholderData;
  const since = useQuery({
    queryKey: ['past-since', ws, table.id, asOf],
    queryFn: async () => ({
      count: await countSince(ws, table.id, asOf),
      list: await differencesSince(ws, table.id, asOf),
    }),
    enabled: ready,
    ...patience,
    staleTime: 0,
  });
  const list = since.data?.list;
  const changed = useMemo(() => {
    const out = new Map<string, 'changed' | 'removed'>();
    for (const d of list ?? []) {
      if (d.kind === 'cell') out.set(`${d.row_id}/${d.column_id ?? ''}`, 'changed');
      else if (d.kind === 'row_removed') out.set(d.row_id, 'removed');
    }
    return out;
  }, [list]);
  return {
    asOf,
    shown: was.isError ? null : (was.data?.shown ?? null),
    stops: stopped,
    query: was.data?.query ?? { filter: null, sort: [], q: '' },
    key: JSON.stringify(was.data?.query ?? null),
    unfiltered: was.data?.unfiltered ?? false,
    busy: was.isFetching,
    preparing: isPreparing(was.failureReason) ? messageOf(was.failureReason) : '',
    error: was.isError ? was.error : line.isError ? line.error : null,
    retry: () => {
      void line.refetch();
      if (asOf !== '') void was.refetch();
    },
    since: ready ? (since.data?.count ?? null) : null,
    changed,
  };
}
