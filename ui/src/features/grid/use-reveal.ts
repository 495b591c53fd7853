import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import type { GridController } from '@/grid/controller';
import { toast } from '@/lib/toasts';
import { row, rowPlace, type RowQuery } from './api/rows';
import { useViews } from './view-state';

/** Goes to the row that the address names (?row=row_…): takes away what may hide it, scrolls to it and selects it. */
export function useReveal(ws: string, table: Table, grid: GridController | null, query: RowQuery): void {
  const [params, setParams] = useSearchParams();
  const id = params.get('row');
  const change = useViews((s) => s.change);
  useEffect(() => {
    if (!grid || id === null) return;
    if (query.filter !== null || query.q !== '' || query.sort.length > 0) {
      change(table.id, { filter: null, q: '', sort: [] });
      return; // this runs again without them
    }
    let live = true;
    const done = (): void =>
      setParams(
        (now) => {
          now.delete('row');
          return now;
        },
        { replace: true },
      );
    Promise.all([rowPlace(ws, table.id, id), row(ws, table.id, id)])
      .then(([place]) => {
        if (!live) return;
        grid.scrollTo(place);
        done();
      })
      .catch((e: unknown) => {
        if (!live) return;
        toast.error(messageOf(e));
        done();
      });
    return () => {
      live = false;
    };
  }, [grid, id, query, ws, table.id, change, setParams]);
}
