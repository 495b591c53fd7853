import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import type { GridController } from '@/grid/controller';
import { toast } from '@/lib/toasts';
import { rowPlace } from './api/rows';
import type { GridPage } from './use-grid-page';
import { useViews, type ViewState } from './view-state';

/**
 * Goes to the row and the cell that the address names (?row=row_…&cell=col_…), in the view that it names or that is shown: scrolls to it,
 * opens its group and selects it. Where the view leaves the row out, what hides it is taken away, and that is said.
 */
export function useReveal(
  ws: string,
  table: Table,
  grid: GridController | null,
  state: ViewState,
  page: Pick<GridPage, 'query' | 'lines' | 'settled'>,
): void {
  const { query, lines } = page;
  const [params, setParams] = useSearchParams();
  const id = params.get('row');
  const cell = params.get('cell');
  const view = params.get('view');
  const change = useViews((s) => s.change);
  const inView = view === null || view === state.viewId || !table.views?.some((v) => v.id === view);
  const ready = page.settled && inView;
  useEffect(() => {
    if (!grid || id === null || !ready) return;
    let live = true;
    const done = (): void =>
      setParams(
        (now) => {
          now.delete('row');
          now.delete('cell');
          return now;
        },
        { replace: true },
      );
    const show = async (place: number): Promise<void> => {
      const line = lines ? await lines.show(place) : place;
      if (!live) return;
      if (lines) grid.regroup(lines.lines);
      const column = cell !== null && grid.selection.place(cell) !== undefined ? cell : undefined;
      grid.scrollTo(line, column);
      if (cell !== null && !column) toast.info('The column of the link is hidden in this view, or deleted.');
      done();
    };
    const lookFor = async (): Promise<void> => {
      const place = await rowPlace(ws, table.id, id, query);
      if (place !== null) return show(place);
      const there = (await rowPlace(ws, table.id, id, { filter: null, sort: [], q: '' })) !== null;
      if (!live) return;
      if (there && (query.filter !== null || query.q !== '')) {
        toast.info('The view leaves this row out. Its filter and the search have been taken away.');
        change(table.id, { filter: null, q: '' }); // this runs again without them
        return;
      }
      toast.error('The row of the link is not in the table any more.');
      done();
    };
    lookFor().catch((e: unknown) => {
      if (!live) return;
      toast.error(messageOf(e));
      done();
    });
    return () => {
      live = false;
    };
  }, [grid, id, cell, ready, query, lines, ws, table.id, change, setParams]);
}
