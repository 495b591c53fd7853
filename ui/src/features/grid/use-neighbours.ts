import { useQuery } from '@tanstack/react-query';
import { rowPlace, rows, type RowQuery } from './api/rows';

const AS_MADE: RowQuery = { filter: null, sort: [], q: '' };

export interface Neighbours {
  /** From 0, in the order that is gone through. */
  at: number;
  before: string | undefined;
  after: string | undefined;
  /** Whether that order is the view's; else it is the table's. */
  inView: boolean;
}

/** The rows before and behind a row: in the view's order where its place there is known, or else in the table's. */
export function useNeighbours(
  ws: string,
  table: string,
  row: string,
  query: RowQuery,
  place: number | null,
): Neighbours | undefined {
  const { data } = useQuery({
    queryKey: ['neighbours', ws, table, row, query, place],
    queryFn: async () => {
      const whole = query.filter === null && query.sort.length === 0 && query.q === '';
      const known = place === null ? null : await around(ws, table, row, query, place);
      if (known) return known;
      const made = await rowPlace(ws, table, row, AS_MADE);
      return made === null ? null : around(ws, table, row, AS_MADE, made, whole);
    },
    staleTime: 30_000,
  });
  return data ?? undefined;
}

/** What stands around the place, if the row is there. */
async function around(
  ws: string,
  table: string,
  row: string,
  query: RowQuery,
  at: number,
  inView = true,
): Promise<Neighbours | null> {
  const from = Math.max(0, at - 1);
  const list = (await rows(ws, table, query, from, 3)).data ?? [];
  const i = list.findIndex((r) => r.id === row);
  return i < 0 ? null : { at: from + i, before: list[i - 1]?.id, after: list[i + 1]?.id, inView };
}
