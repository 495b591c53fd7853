import { useMemo, useRef, useState, useEffect } from 'react';
import type { Aggregate, Table } from '@/api/types';
import type { GridController } from '@/grid/controller';
import { rowGroups, rows, type RowQuery } from './api/rows';
import { GroupLines, OpenGroups } from './group-lines';

/** The lines of a query's grouped rows; null where nothing is grouped. */
export function useGroups(
  ws: string,
  table: Table,
  query: RowQuery,
  aggregates: readonly Aggregate[],
  grid: GridController | null,
): GroupLines | null {
  const shown = useRef(grid);
  useEffect(() => {
    shown.current = grid;
  });
  const { id, columns } = table;
  const { groups } = query;
  // Opened groups are those of one grouping: another one begins anew.
  const key = groups?.map((g) => `${g.column} ${g.unit ?? ''}`).join() ?? '';
  const [open, setOpen] = useState({ key, groups: new OpenGroups() });
  if (open.key !== key) setOpen({ key, groups: new OpenGroups() });
  // The lines live as long as what they are made of; the grid is asked for when they grow, never while rendering.
  /* eslint-disable react-hooks/refs */
  return useMemo(() => {
    if (!groups?.length) return null;
    return new GroupLines(
      { groups, aggregates, columns },
      {
        groups: (offset, limit, position) => rowGroups(ws, id, query, aggregates, { offset, limit, position }),
        rows: async (offset, limit) => {
          const answer = await rows(ws, id, query, offset, limit);
          return { rows: answer.data ?? [], position: answer.meta.position ?? 0 };
        },
      },
      open.groups,
      (lines) => shown.current?.setRows(lines),
    );
  }, [ws, id, query, groups, aggregates, columns, open]);
  /* eslint-enable react-hooks/refs */
}
