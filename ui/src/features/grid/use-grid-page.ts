import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { marksQuery } from '@/api/comments';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { Table } from '@/api/types';
import type { GridShape } from '@/grid/column-layout';
import type { GridController } from '@/grid/controller';
import type { HeldEdit } from '@/grid/edit-store';
import type { GridEvents } from '@/grid/events';
import { coalesce } from '@/lib/coalesce';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { tablesQuery } from '@/api/tables';
import { batchRows, countRows, countRowsAt, type RowQuery } from './api/rows';
import { tableChanged } from './api/table';
import { colouring } from './colours';
import { gridSource } from './grid-source';
import type { GroupLines } from './group-lines';
import type { Overlay, Panel } from './panel';
import { useGroups } from './use-groups';
import { useUndo, useUndoKeys } from './use-undo';
import { noted } from './lookup';
import { useLive } from './use-live';
import { usePresence, type Other } from './use-presence';
import { ROW_HEIGHTS, useViews, type ViewState } from './view-state';

const RECOUNT_MS = 400;

/** The search in the cells, with a replacement, or the quick search that leaves out rows. */
export type FindCommand = 'find' | 'replace' | 'quick-search';

export interface GridPage {
  grid: GridController | null;
  shape: GridShape;
  setGrid: (grid: GridController | null) => void;
  source: ReturnType<typeof gridSource>;
  events: GridEvents;
  connected: boolean;
  /** Who else has the table open. */
  others: readonly Other[];
  panel: Panel;
  setPanel: (panel: Panel) => void;
  /** Leaves the grid for the row's own page. */
  openRowPage: (rowId: string) => void;
  overlay: Overlay;
  setOverlay: (overlay: Overlay) => void;
  hover: Parameters<GridEvents['hover']>[0];
  query: RowQuery;
  /** What the grid shows of grouped rows; null where rows are not grouped. */
  lines: GroupLines | null;
  /** Whether the grid has begun to show the query: it begins at the top. */
  settled: boolean;
  insertRow: () => Promise<void>;
  undo: ReturnType<typeof useUndo>;
  recount: (position?: number) => void;
}

/** Says that edits wait for a decision; why, when it is one. */
function tellHeld(edits: readonly HeldEdit[], review: () => void): void {
  const [first] = edits;
  if (!first) return;
  const n = edits.length;
  const text =
    first.kind === 'conflict'
      ? `Somebody changed ${n === 1 ? 'a cell' : `${String(n)} cells`} that you edited`
      : `${n === 1 ? 'Your edit was' : `${String(n)} edits were`} not saved: ${first.reason}`;
  toast.error(text, { label: 'Review', run: review });
}

/** Everything between the grid and the page: its data, its events, the live stream, the undo keys. */
export function useGridPage(ws: string, table: Table, state: ViewState, onFind: (name: FindCommand) => void): GridPage {
  const client = useQueryClient();
  const can = useCan(ws);
  const userId = useSession((s) => s.user?.id ?? '');
  const change = useViews((s) => s.change);
  const [grid, setGrid] = useState<GridController | null>(null);
  const [panel, setPanel] = useState<Panel>(null);
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [begun, setBegun] = useState<object | null>(null);
  const [hover, setHover] = useState<GridPage['hover']>(null);

  const query = useMemo<RowQuery>(
    () => ({ filter: state.filter, sort: state.sort, q: state.q, groups: state.groups }),
    [state.filter, state.sort, state.q, state.groups],
  );
  const lines = useGroups(ws, table, query, state.aggregates, grid);
  const colourOf = useMemo(() => colouring(state.colours, table.columns), [state.colours, table.columns]);
  const canEdit = can('rows.edit');
  const canAdd = can('tables.manage');
  const canImport = can('data.import') && canAdd;
  const latest = useRef({ query, table, grid, onFind, canAdd, canImport, lines });
  useEffect(() => {
    latest.current = { query, table, grid, onFind, canAdd, canImport, lines };
  });
  const canManage = useCallback(() => latest.current.canAdd, []);
  const shape = useMemo<GridShape>(
    () => ({
      columns: noted(table.columns, table.lookups),
      layout: state.layout,
      sort: state.sort,
      canEdit,
      canAdd,
      rowHeight: ROW_HEIGHTS[state.rowHeight],
      colourOf,
    }),
    [table.columns, table.lookups, state.layout, state.sort, state.rowHeight, canEdit, canAdd, colourOf],
  );
  // The source outlives renders and reads the latest query when it is called, never while rendering.
  // eslint-disable-next-line react-hooks/refs
  const [source] = useState(() =>
    gridSource({
      workspaceId: ws,
      tableId: table.id,
      userId,
      query: () => latest.current.query,
      lines: () => latest.current.lines,
      columnNames: () => latest.current.table.columns.map((c) => c.name),
      columnsAdded: () => tableChanged(client, ws, table.id),
    }),
  );
  const filtered = useCallback(() => latest.current.query.filter !== null || latest.current.query.q !== '', []);
  // An import makes thousands of patches; they are counted a few times a second. Patches come before the rows can be read, so
  // the count is that of the last one's position. The refs are read when the count is back.
  const seen = useRef(0);
  // eslint-disable-next-line react-hooks/refs
  const [count] = useState(() => {
    const again = coalesce(async () => {
      try {
        const grouped = latest.current.lines;
        if (grouped) {
          const n = await grouped.load(seen.current);
          if (latest.current.lines === grouped) latest.current.grid?.regroup(n);
          return;
        }
        const { count: n, stale } = await countRowsAt(ws, table.id, latest.current.query, seen.current);
        if (stale) again();
        const now = latest.current.grid;
        if (!now || now.rows.rowCount.get() === n) return;
        now.setRows(n);
        now.refreshSoon(false);
      } catch (e) {
        toast.error(messageOf(e));
      }
    }, RECOUNT_MS);
    return again;
  });
  const recount = useCallback(
    (position = 0): void => {
      seen.current = Math.max(seen.current, position);
      count();
    },
    [count],
  );

  const undo = useUndo({
    workspaceId: ws,
    tableId: table.id,
    settled: () => latest.current.grid?.queue.settled() ?? Promise.resolve(),
    done: (position) => {
      latest.current.grid?.refreshSoon(false);
      void tableChanged(client, ws, table.id, position);
      recount(position);
      void client.invalidateQueries({ queryKey: ['undo-stack', ws, table.id] });
    },
    show: setOverlay,
  });
  useUndoKeys(undo, canEdit);
  const insertRow = useCallback(async (): Promise<void> => {
    try {
      const { position } = await batchRows(ws, table.id, [{ op: 'insert', cells: {} }]);
      if (latest.current.lines) {
        recount(position);
        return;
      }
      const now = latest.current.grid;
      now?.rowsAdded(1);
      if (now && !filtered()) setTimeout(() => now.scrollTo(now.rows.rowCount.get() - 1), 300);
    } catch (e) {
      toast.error(messageOf(e));
    }
  }, [ws, table.id, filtered, recount]);

  const navigate = useNavigate();
  const openRowPage = useCallback(
    (rowId: string): void => {
      const at = latest.current.grid?.cache.indexOf(rowId);
      const place = at === undefined ? '' : `?at=${String(at)}`;
      void navigate(`/w/${ws}/tables/${table.id}/rows/${rowId}${place}`);
    },
    [navigate, ws, table.id],
  );

  const [events] = useState<GridEvents>(() => ({
    columnMenu: (columnId, anchor) => setOverlay({ kind: 'column-menu', columnId, anchor }),
    renameColumn: (columnId) => {
      if (canManage()) setOverlay({ kind: 'edit-column', columnId });
    },
    rowMenu: (rowId, at) =>
      setOverlay({ kind: 'row-menu', rowId, anchor: { left: at.x, right: at.x, top: at.y, bottom: at.y } }),
    addColumn: (anchor) => setOverlay({ kind: 'add-column', anchor }),
    openRow: (rowId) => setPanel({ kind: 'row', rowId }),
    comment: (rowId, columnId) => setPanel({ kind: 'comments', rowId, columnId }),
    toggleGroup: (id) => {
      const { lines: now, grid: shown } = latest.current;
      if (now) shown?.regroup(now.toggle(id));
    },
    openRowPage,
    expandCell: (rowId, columnId, anchor) => setOverlay({ kind: 'expand', rowId, columnId, anchor }),
    contextMenu: (rowId, columnId, at) =>
      setOverlay({ kind: 'cell-menu', rowId, columnId, anchor: { left: at.x, right: at.x, top: at.y, bottom: at.y } }),
    hover: setHover,
    layout: (layout) => change(table.id, { layout }),
    confirmPaste: (plan, cells) => new Promise((answer) => setOverlay({ kind: 'paste', plan, cells, answer })),
    pasteTable: (text) => {
      const { lines: grouped, canImport: may } = latest.current;
      if (!may || grouped || filtered()) return false;
      setOverlay({ kind: 'paste-table', text });
      return true;
    },
    held: (edits) => tellHeld(edits, () => setOverlay({ kind: 'held' })),
    failed: (error) => toast.error(messageOf(error)),
    notice: (kind, text) => toast[kind](text),
    deleteRows: (ids) => setOverlay({ kind: 'delete-rows', all: false, ids }),
    command: (name) => {
      if (name === 'insert-row') void insertRow();
      else latest.current.onFind(name);
    },
  }));

  useEffect(() => {
    if (!grid) return;
    const active = query.filter !== null || query.q !== '';
    const begin = (n: number, of: object): void => {
      grid.reload(n);
      setBegun(of);
    };
    let live = true;
    if (lines) {
      lines
        .load()
        .then((n) => live && begin(n, lines))
        .catch((e: unknown) => toast.error(messageOf(e)));
    } else if (active) {
      countRows(ws, table.id, query)
        .then((n) => live && begin(n, query))
        .catch((e: unknown) => toast.error(messageOf(e)));
    } else if (grid.cache.size > 0 || grid.rows.rowCount.get() !== latest.current.table.row_count) {
      grid.reload(latest.current.table.row_count);
      recount();
    }
    return () => {
      live = false;
    };
  }, [grid, query, lines, ws, table.id, recount]);

  useEffect(() => {
    if (!grid) return;
    const tell = (): void => {
      if (filtered() || latest.current.lines) return;
      const row_count = grid.rows.rowCount.get();
      client.setQueryData(tablesQuery(ws).queryKey, (list) =>
        list?.map((t) => (t.id === table.id ? { ...t, row_count } : t)),
      );
    };
    tell();
    return grid.rows.rowCount.subscribe(tell);
  }, [grid, client, ws, table.id, filtered]);

  const order = {
    ordered: () => filtered() || latest.current.query.sort.length > 0,
    grouped: (columns: readonly string[]) => latest.current.lines?.concerns(columns) ?? false,
  };
  const plain = !lines && query.filter === null && query.q === '';
  const { others, heard } = usePresence(ws, table.id, grid);
  const connected = useLive(ws, table, grid, order, recount, heard);
  const { data: marks } = useQuery(marksQuery(ws, table.id));
  useEffect(() => {
    if (marks) grid?.said.show(marks);
  }, [grid, marks]);
  return {
    grid,
    shape,
    setGrid,
    source,
    events,
    connected,
    others,
    panel,
    setPanel,
    openRowPage,
    overlay,
    setOverlay,
    hover,
    query,
    lines,
    settled: plain || begun === (lines ?? query),
    insertRow,
    undo,
    recount,
  };
}
