import { useQueries } from '@tanstack/react-query';
import type { Table } from '@/api/types';
import type { Selection } from '@/grid/events';
import { isNumeric } from '@/grid/model';
import { useDebounced } from '@/lib/use-debounced';
import { columnSummary } from './api/rows';
import { combined, NO_SUMS, type Sums } from './selection-sums';
import type { GridPage } from './use-grid-page';

const PAUSE_MS = 250;
/** The most columns that are asked for at once. */
const MOST_COLUMNS = 10;

/** The sums of the selection: the grid's own where it holds all rows, the server's of whole columns where it does not. */
export function useSelectionSums(
  ws: string,
  table: Table,
  page: GridPage,
  selection: Selection,
): Sums & { busy: boolean } {
  const settled = useDebounced(selection, PAUSE_MS);
  const { rect } = settled;
  const last = (page.grid?.rows.rowCount.get() ?? 0) - 1;
  const whole = rect !== null && settled === selection && !settled.complete && rect.top === 0 && rect.bottom === last;
  const columns = whole
    ? (page.grid?.selection.columns.slice(rect.left, rect.right + 1) ?? []).filter((c) => isNumeric(c.type))
    : [];
  const asked = columns.length <= MOST_COLUMNS ? columns : [];
  const answers = useQueries({
    queries: asked.map((c) => ({
      queryKey: ['column-summary', ws, table.id, c.id, page.query.filter, page.query.q],
      queryFn: () => columnSummary(ws, table.id, c.id, page.query),
      staleTime: 0,
    })),
  });
  if (selection.complete) return { ...selection, busy: false };
  const summaries = answers.flatMap((a) => a.data ?? []);
  const all = asked.length > 0 && summaries.length === asked.length;
  return { ...(all ? combined(summaries) : NO_SUMS), busy: answers.some((a) => a.isFetching) };
}
