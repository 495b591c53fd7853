import { History } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useCan } from '@/api/permissions';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { Button } from '@/components/button';
import { Shown } from '@/components/shown';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import type { GridController } from '@/grid/controller';
import { DataGrid } from '@/grid/data-grid';
import { Observable } from '@/lib/emitter';
import { count, dateTime, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { colouring } from '../colours';
import { pastEvents, pastSource } from '../past-source';
import { usePast, type Past } from '../use-past';
import { layoutOf, ROW_HEIGHTS, type ViewState } from '../view-state';
import { RestoreTo } from './restore-to';
import { TimeBar } from './time-bar';

export interface PastTableProps {
  workspaceId: string;
  /** The table as it is now. */
  table: Table;
  state: ViewState;
  asOf: string;
  onMoment: (asOf: string | null) => void;
}

/** The table as it was at a moment, which can be chosen: to be read, compared with now, and brought back. */
export function PastTable({ workspaceId: ws, table, state, asOf, onMoment }: PastTableProps) {
  const can = useCan(ws);
  const past = usePast(ws, table, state, asOf);
  const [grid, setGrid] = useState<GridController | null>(null);
  const [restoring, setRestoring] = useState(false);
  const back = useCallback(() => onMoment(null), [onMoment]);
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <History size={15} className="text-primary" />
        <h1 className="min-w-0 truncate text-md font-semibold">
          <Shown text={past.shown?.table.name ?? table.name} />
        </h1>
        <div className="flex-1" />
        {can('rows.edit') && (
          <Button size="sm" disabled={!past.shown} onClick={() => setRestoring(true)}>
            Restore…
          </Button>
        )}
        <Button size="sm" variant="primary" onClick={back}>
          Back to now
        </Button>
      </header>
      <Banner past={past} />
      {past.asOf !== '' && past.stops.length > 0 && (
        <TimeBar stops={past.stops} asOf={past.asOf} at={past.shown?.at ?? ''} busy={past.busy} onMoment={onMoment} />
      )}
      <Rows ws={ws} past={past} state={state} onReady={setGrid} onRetry={past.retry} />
      {restoring && past.shown && (
        <RestoreTo
          workspaceId={ws}
          table={table}
          past={past.shown}
          selected={selectedCells(grid)}
          onClose={() => setRestoring(false)}
          onDone={back}
        />
      )}
    </div>
  );
}

function Banner({ past }: { past: Past }) {
  const { shown, since } = past;
  if (!shown) return null;
  const parts = since
    ? [
        since.cells ? `${plural(since.cells, 'cell')} ${since.cells === 1 ? 'is' : 'are'} different now` : '',
        since.rows_added ? `${plural(since.rows_added, 'row')} came later` : '',
        since.rows_removed
          ? `${plural(since.rows_removed, 'row')} ${since.rows_removed === 1 ? 'is' : 'are'} gone`
          : '',
        since.columns?.length ? `${plural(since.columns.length, 'column')} changed` : '',
      ].filter(Boolean)
    : [];
  const nothing = since && parts.length === 0 ? 'Nothing has changed since.' : '';
  return (
    <div className="border-b border-line px-2 py-1.5">
      <Notice tone="primary">
        <p role="status">
          You are viewing this table as of <strong>{dateTime(shown.at)}</strong>. It can’t be edited.{' '}
          {parts.length > 0 ? `${parts.join(', ')}: highlighted where it is on the screen.` : nothing}
          {past.unfiltered && ' The filter asks for columns that were not there, so all rows are shown.'}
        </p>
      </Notice>
    </div>
  );
}

const none = new Observable<unknown>(null);

interface RowsProps {
  ws: string;
  past: Past;
  state: ViewState;
  onReady: (grid: GridController | null) => void;
  onRetry: () => void;
}

function Rows({ ws, past, state, onReady, onRetry }: RowsProps) {
  const { shown, error } = past;
  if (error) {
    return (
      <Empty
        title="This moment can’t be shown"
        text={messageOf(error)}
        action={<Button onClick={onRetry}>Try again</Button>}
      />
    );
  }
  if (!shown) {
    return (
      <div>
        {past.preparing && (
          <p role="status" className="px-4 pt-4 text-ink-2">
            {past.preparing}
          </p>
        )}
        <SkeletonRows rows={10} />
      </div>
    );
  }
  return (
    <PastGrid key={`${shown.asOf}/${past.key}`} ws={ws} past={past} shown={shown} state={state} onReady={onReady} />
  );
}

function PastGrid({
  ws,
  past,
  shown,
  state,
  onReady,
}: Omit<RowsProps, 'onRetry'> & { shown: NonNullable<Past['shown']> }) {
  const { table, rows, asOf } = shown;
  const [grid, setGrid] = useState<GridController | null>(null);
  const latest = useRef(past.query);
  useEffect(() => {
    latest.current = past.query;
  });
  // The source outlives renders and reads the latest query when it is called, never while rendering.
  // eslint-disable-next-line react-hooks/refs
  const [source] = useState(() => pastSource(ws, table.id, asOf, () => latest.current));
  const [events] = useState(() =>
    pastEvents(
      (e) => toast.error(messageOf(e)),
      (kind, text) => toast[kind](text),
    ),
  );
  const ready = useCallback(
    (made: GridController | null) => {
      setGrid(made);
      onReady(made);
    },
    [onReady],
  );
  const byRules = useMemo(() => colouring(state.colours, table.columns), [state.colours, table.columns]);
  const { changed } = past;
  const shape = useMemo(
    () => ({
      columns: table.columns,
      layout: layoutOf(table.columns, { columns: state.layout }),
      sort: past.query.sort,
      canEdit: false,
      canAdd: false,
      rowHeight: ROW_HEIGHTS[state.rowHeight],
      colourOf: (
        row: Parameters<NonNullable<typeof byRules>>[0],
        column: Parameters<NonNullable<typeof byRules>>[1],
      ) =>
        changed.get(row.id) === 'removed'
          ? 'rose'
          : changed.has(`${row.id}/${column.id}`)
            ? 'amber'
            : (byRules?.(row, column) ?? null),
    }),
    [table.columns, state.layout, state.rowHeight, past.query.sort, changed, byRules],
  );
  const failed = useSyncExternalStore(
    grid?.rows.loadError.subscribe ?? none.subscribe,
    () => grid?.rows.loadError.get() ?? null,
  );
  return (
    <>
      <div className="relative min-h-0 flex-1">
        <DataGrid
          id={`${table.id}@${asOf}`}
          label={`Rows of ${table.name} as of ${dateTime(shown.at)}`}
          shape={shape}
          rows={rows}
          source={source}
          events={events}
          onReady={ready}
        />
        {failed !== null && (
          <div className="absolute inset-x-4 top-12 z-10 mx-auto max-w-lg">
            <Notice tone="danger">{messageOf(failed)}</Notice>
          </div>
        )}
        {rows === 0 && <Empty className="absolute inset-x-0 top-10" title="No rows at this moment" />}
      </div>
      <footer className="flex h-7 shrink-0 items-center border-t border-line px-3 text-sm text-ink-2">
        <span className="tnum" data-testid="past-row-count">
          {rows === table.row_count ? plural(rows, 'row') : `${count(rows)} of ${plural(table.row_count, 'row')}`}
        </span>
      </footer>
    </>
  );
}

/** The rows and columns that are selected, where all of them are loaded and there are not too many for one call. */
function selectedCells(grid: GridController | null): { rowIds: string[]; columns: string[] } | null {
  const rect = grid?.selection.rect;
  if (!grid || !rect || rect.bottom - rect.top >= 10_000) return null;
  const rowIds: string[] = [];
  for (let r = rect.top; r <= rect.bottom; r++) {
    const row = grid.cache.at(r);
    if (!row) return null;
    rowIds.push(row.id);
  }
  return { rowIds, columns: grid.selection.columns.slice(rect.left, rect.right + 1).map((c) => c.id) };
}
