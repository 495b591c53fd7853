import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Column, Table } from '@/api/types';
import { isSearched, textMatch, type TextSearch } from '@/grid/text-search';
import { useDebounced } from '@/lib/use-debounced';
import { findText } from './api/find';
import type { Place } from '@/grid/range';
import type { GroupLines } from './group-lines';
import { FindSession, type Direction, type FindStep } from './find-session';
import type { GridPage } from './use-grid-page';

const PAUSE_MS = 200;
const MOST_WAITING = 3;

/** Where the search looks: everywhere, or in the column where the selection was. */
export type FindScope = 'all' | 'column';

export interface Finding {
  search: TextSearch;
  change: (patch: Partial<TextSearch>) => void;
  scope: FindScope;
  setScope: (scope: FindScope) => void;
  /** The column that the scope can be limited to. */
  column: Column | undefined;
  /** The columns that are looked into. */
  columns: Column[];
  busy: boolean;
  step: FindStep | null;
  error: string | null;
  go: (direction: Direction) => void;
  /** Looks again from the place where the selection is. */
  again: () => void;
}

/** A place of the screen as one in the order of the rows. A group's own line comes before the first row in it. */
function inOrder({ row, col }: Place, lines: GroupLines): Place {
  const { place, group } = lines.placeAt(row);
  return { row: place, col: group ? -1 : col };
}

/** A search in the cells of a view: its text, its place, the marks in the grid. */
export function useFind(ws: string, table: Table, page: GridPage): Finding {
  const { grid, query, shape, lines } = page;
  const [search, setSearch] = useState<TextSearch>({ text: '', matchCase: false, wholeCell: false });
  const [scope, setScope] = useState<FindScope>('all');
  const [step, setStep] = useState<FindStep | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [columnId] = useState(() => grid?.selection.columnId(grid.selection.current?.anchor.col ?? -1));
  const column = table.columns.find((c) => c.id === columnId && isSearched(c));
  const columns = useMemo(() => {
    if (scope === 'column' && column) return [column];
    const hidden = new Set(shape.layout.filter((l) => l.hidden).map((l) => l.id));
    return table.columns.filter((c) => !hidden.has(c.id) && isSearched(c));
  }, [scope, column, shape.layout, table.columns]);

  const settled = useDebounced(search, PAUSE_MS);
  const session = useMemo(
    () =>
      new FindSession(
        (at) =>
          findText(
            ws,
            table.id,
            query,
            settled,
            columns.map((c) => c.id),
            at,
          ),
        () => grid?.selection.columns.map((c) => c.id) ?? [],
      ),
    [ws, table.id, query, settled, columns, grid],
  );
  const asked = useRef(0);
  const look = useCallback(
    async (direction: Direction, withPlace: boolean): Promise<void> => {
      if (!grid || settled.text === '' || columns.length === 0) return;
      const n = ++asked.current;
      setBusy(true);
      try {
        const at = grid.selection.current?.anchor ?? { row: 0, col: 0 };
        const found = await session.step(lines ? inOrder(at, lines) : at, direction, withPlace);
        if (n !== asked.current) return;
        setStep(found);
        setError(null);
        if (found.cell) {
          const line = lines ? await lines.show(found.cell.row) : found.cell.row;
          if (n !== asked.current) return;
          if (lines) grid.regroup(lines.lines);
          grid.goTo(line, found.cell.columnId);
        }
      } catch (e) {
        if (n === asked.current) setError(messageOf(e));
      } finally {
        if (n === asked.current) setBusy(false);
      }
    },
    [grid, lines, session, settled.text, columns.length],
  );

  useEffect(() => {
    const matches = textMatch(settled);
    grid?.found.show(matches && { matches, columns });
  }, [grid, settled, columns]);
  useEffect(() => () => grid?.found.show(null), [grid]);
  // The server is asked anew whenever the text, the columns or the rows that are shown are others.
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect
    void look('next', true);
    return () => {
      asked.current += 1;
    };
  }, [look]);

  // Each press of a key goes on from where the one before it ends; a key that is held down is not counted ahead.
  const line = useRef({ end: Promise.resolve(), waiting: 0 });
  const go = (direction: Direction): void => {
    const now = line.current;
    if (now.waiting >= MOST_WAITING) return;
    now.waiting++;
    now.end = now.end.then(() => look(direction, false)).finally(() => now.waiting--);
  };

  return {
    search,
    change: (patch) => setSearch((s) => ({ ...s, ...patch })),
    scope,
    setScope,
    column,
    columns,
    busy: busy || settled !== search,
    step: settled.text === '' || columns.length === 0 ? null : step,
    error,
    go,
    again: () => void look('next', true),
  };
}
