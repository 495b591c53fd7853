import { createGrid, type CellEditRequestEvent, type GridApi, type IGetRowsParams } from 'ag-grid-community';
import { Observable } from '@/lib/emitter';
import { applyCellsPatch, type CellsPatch } from './apply-patch';
import { Edited } from './cell-types/editors';
import { NUMBER_COLUMN, columnDefs, ADD_COLUMN } from './columns';
import type { GridContext } from './context';
import { editPort, showWaiting } from './edit-port';
import { EditQueue } from './edit-queue';
import type { HeldEdit } from './edit-store';
import type { ColumnLayout, GridEvents, GridSource, Selection } from './events';
import { gridOptions } from './grid-options';
import { GridInput } from './input';
import { cellOf, isReadOnly, sameValue, type CellChange, type CellValue, type Column, type GridRow } from './model';
import { MouseRange } from './mouse';
import type { Place } from './range';
import { RowCache } from './row-cache';
import { CheckedRows } from './checked-rows';
import { RangeSelection } from './selection';
import { Transfers } from './transfers';
import { parseValue } from './values';

export interface GridShape {
  columns: Column[];
  layout: ColumnLayout[];
  sort: { column: string; dir: 'asc' | 'desc' }[];
  canEdit: boolean;
  canAdd: boolean;
  rowHeight: number;
}

const REFRESH_MS = 250;

/** One table on the screen: AG Grid, the row cache, the edits under way, the selection. It knows neither React nor HTTP. */
export class GridController {
  readonly cache = new RowCache();
  readonly queue: EditQueue;
  readonly selection: RangeSelection;
  readonly checked: CheckedRows;
  readonly rowCount = new Observable(0);
  readonly loading = new Observable(true);
  readonly loadError = new Observable<unknown>(null);
  private readonly api: GridApi<GridRow>;
  private readonly mouse: MouseRange;
  private readonly transfers: Transfers;
  private readonly input: GridInput;
  private byId = new Map<string, Column>();
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private generation = 0;
  private settingColumns = false;
  private destroyed = false;
  private revealing: string | null = null;

  constructor(
    private readonly host: HTMLElement,
    private shape: GridShape,
    rows: number,
    private readonly source: GridSource,
    private readonly events: GridEvents,
  ) {
    this.rowCount.set(rows);
    this.byId = new Map(shape.columns.map((c) => [c.id, c]));
    this.selection = new RangeSelection(
      host,
      () => this.api,
      this.cache,
      (id) => this.byId.get(id),
      this.rowCount.get,
    );
    this.checked = new CheckedRows(
      () => this.paintNumbers(),
      (i) => this.cache.at(i)?.id,
    );
    this.queue = new EditQueue(
      editPort({
        source,
        cache: this.cache,
        events,
        repainting: (changes, act) => this.each(changes, act),
        sent: () => {
          if (!this.destroyed) this.selection.summarise();
        },
      }),
    );
    this.queue.held.subscribe(() => this.paintHeld());
    this.api = createGrid<GridRow>(host, {
      ...gridOptions(this.context(), rows),
      rowHeight: shape.rowHeight,
      columnDefs: this.defs(),
      datasource: { getRows: (p: IGetRowsParams<GridRow>) => void this.getRows(p) },
      onCellEditRequest: (e) => this.edited(e),
      onCellFocused: (e) => {
        if (this.mouse.busy || e.rowIndex === null || !e.column || typeof e.column === 'string') return;
        const col = this.selection.place(e.column.getColId());
        if (col !== undefined) this.selection.select({ row: e.rowIndex, col });
      },
      onDisplayedColumnsChanged: () => this.selection.readColumns(),
      onColumnMoved: (e) => e.finished && this.layoutChanged(),
      onColumnResized: (e) => e.finished && e.source === 'uiColumnResized' && this.layoutChanged(),
      onColumnPinned: () => this.layoutChanged(),
      onModelUpdated: () => this.selection.repaint(),
      onViewportChanged: () => this.selection.repaint(),
      onGridSizeChanged: () => {
        const focused = this.api.getFocusedCell(); // a drawer beside the grid must not push it out of sight
        if (focused) this.api.ensureColumnVisible(focused.column);
      },
      onCellDoubleClicked: (e) => {
        const column = this.byId.get(e.column.getColId());
        if (column && e.data && (!shape.canEdit || isReadOnly(column))) this.expand(e.data.id, column.id);
      },
    });
    this.transfers = new Transfers({
      cache: this.cache,
      source,
      events,
      columns: () => this.selection.columns,
      rowCount: this.rowCount.get,
      edit: (changes, create, gesture) => this.queue.push(changes, { createOptions: create, gesture }),
      rowsAdded: (n) => this.rowsAdded(n),
    });
    this.mouse = new MouseRange(host, () => this.api, this.selection, {
      filled: (from, to, direction) =>
        void this.transfers
          .fill(from, to, direction)
          .then(() => this.selection.summarise())
          .catch((e: unknown) => events.failed(e)),
      hover: (cell, place) => this.hovered(cell, place),
      context: (place, at) => {
        const row = this.cache.at(place.row);
        const columnId = this.selection.columnId(place.col);
        if (row && columnId) events.contextMenu(row.id, columnId, at);
      },
    });
    this.input = new GridInput(host, {
      api: this.api,
      cache: this.cache,
      selection: this.selection,
      checked: this.checked,
      transfers: this.transfers,
      events,
      rowCount: this.rowCount.get,
      canEdit: () => this.shape.canEdit,
      edit: (changes) => void this.queue.push(changes),
      run: (name) => this.run(name),
      scrollTo: (row, column) => this.scrollTo(row, column),
      wake: () => this.queue.wake(),
    });
    this.queue.resume().catch((e: unknown) => events.failed(e));
  }

  destroy(): void {
    this.destroyed = true;
    this.input.destroy();
    this.queue.detach();
    this.mouse.destroy();
    clearTimeout(this.refreshTimer);
    this.api.destroy();
  }
  get summary(): Observable<Selection> {
    return this.selection.summary;
  }

  /** Another schema, layout or sort: the columns are made again, rows stay. */
  reshape(shape: GridShape): void {
    this.shape = shape;
    this.byId = new Map(shape.columns.map((c) => [c.id, c]));
    this.settingColumns = true;
    this.api.setGridOption('columnDefs', this.defs());
    this.settingColumns = false;
    if (this.api.getGridOption('rowHeight') !== shape.rowHeight) {
      this.api.setGridOption('rowHeight', shape.rowHeight);
      this.api.resetRowHeights();
    }
    this.selection.readColumns();
    this.revealNow();
  }
  /** Another filter, sort or search: everything shown is asked for again. */
  reload(rows: number | null): void {
    this.cache.clearOrder();
    this.generation++;
    this.selection.clear();
    if (rows !== null) this.setRows(rows);
    this.loading.set(true);
    this.api.purgeInfiniteCache();
    this.api.ensureIndexVisible(0, 'top');
  }
  setRows(rows: number): void {
    this.rowCount.set(rows);
    this.api.setRowCount(Math.max(rows, 0), true);
  }
  /** Asks for the shown rows again soon; what is on the screen stays until the answer is there. */
  refreshSoon(forgetOrder: boolean): void {
    if (forgetOrder) {
      this.cache.clearOrder();
      this.generation++;
    }
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = undefined;
      this.api.refreshInfiniteCache();
    }, REFRESH_MS);
  }
  rowsAdded(n: number): void {
    this.setRows(this.rowCount.get() + n);
    this.refreshSoon(false);
  }
  patch(patch: CellsPatch): void {
    this.repaint(applyCellsPatch(this.cache, patch));
  }
  scrollTo(rowIndex: number, columnId?: string): void {
    this.api.ensureIndexVisible(rowIndex);
    const column = columnId ?? this.selection.columnId(0);
    if (column) {
      this.api.ensureColumnVisible(column);
      this.api.setFocusedCell(rowIndex, column);
    }
  }
  /** Scrolls to a column, once the schema has it. */
  reveal(columnId: string): void {
    this.revealing = columnId;
    this.revealNow();
  }
  private revealNow(): void {
    if (this.revealing === null || !this.byId.has(this.revealing)) return;
    this.api.ensureColumnVisible(this.revealing);
    this.revealing = null;
  }
  focus(): void {
    const place = this.selection.current?.anchor ?? { row: 0, col: 0 };
    const column = this.selection.columnId(place.col);
    if (column) this.api.setFocusedCell(place.row, column);
  }
  /** The row of the selection's start. */
  currentRow(): GridRow | undefined {
    const place = this.selection.current?.anchor;
    return place ? this.cache.at(place.row) : undefined;
  }
  edit(changes: CellChange[], createOptions = false): void {
    void this.queue.push(changes, { createOptions });
  }
  run(name: 'copy' | 'clear' | 'fill-down' | 'fill-right'): void {
    const rect = this.selection.rect;
    if (!rect) return;
    if (name === 'copy')
      void this.transfers
        .copy(rect)
        .catch(() => this.events.notice('error', 'The browser refused access to the clipboard. Use Ctrl+C.'));
    else {
      const done =
        name === 'clear'
          ? this.transfers.clear(rect)
          : this.transfers.fillWithin(rect, name === 'fill-down' ? 'down' : 'right');
      done.catch((e: unknown) => this.events.failed(e));
    }
  }

  get canEdit(): boolean {
    return this.shape.canEdit;
  }
  private defs() {
    return columnDefs(this.shape.columns, this.shape.layout, this.shape);
  }
  private context(): GridContext {
    return {
      column: (id) => this.byId.get(id),
      rangeClasses: (row, column) => this.selection.classes(row, column),
      held: (row, column) => this.queue.heldFor(row, column),
      isChecked: (id) => this.checked.has(id),
      toggleChecked: (id, index, extend) => this.checked.toggle(id, index, extend),
      setAllChecked: (on) => this.checked.setAll(on),
      allChecked: () => this.checked.all,
      canEdit: () => this.shape.canEdit,
      setCell: (row, column, value) => void this.queue.push([{ rowId: row.id, columnId: column.id, value }]),
      openRow: (id) => this.events.openRow(id),
      openColumnMenu: (id, anchor) => this.events.columnMenu(id, anchor),
      selectColumn: (id, extend) => this.selectColumn(id, extend),
      addColumn: (anchor) => this.events.addColumn(anchor),
      sortOf: (id) => {
        const index = this.shape.sort.findIndex((s) => s.column === id);
        const sort = this.shape.sort[index];
        return sort ? { dir: sort.dir, index, of: this.shape.sort.length } : null;
      },
    };
  }

  private async getRows(params: IGetRowsParams<GridRow>): Promise<void> {
    const { startRow, endRow } = params;
    const generation = this.generation;
    const end = Math.min(endRow, this.rowCount.get());
    const held: GridRow[] = [];
    for (let i = startRow; i < end; i++) {
      const row = this.cache.at(i);
      if (!row) break;
      held.push(row);
    }
    if (held.length === end - startRow && end > startRow) {
      params.successCallback(held, this.rowCount.get());
      return;
    }
    if (end <= startRow) {
      this.loading.set(false);
      params.successCallback([], this.rowCount.get());
      return;
    }
    try {
      const { rows, position } = await this.source.window(startRow, endRow - startRow);
      if (generation !== this.generation) {
        params.failCallback();
        return;
      }
      const merged = this.cache.putWindow(startRow, rows, position);
      showWaiting(this.cache, merged, this.queue.waiting());
      if (rows.length < end - startRow) this.rowCount.set(startRow + rows.length);
      this.loadError.set(null);
      this.loading.set(false);
      params.successCallback(merged, this.rowCount.get());
      this.selection.summarise();
    } catch (error) {
      this.loading.set(false);
      this.loadError.set(error);
      params.failCallback();
    }
  }

  private edited(e: CellEditRequestEvent<GridRow>): void {
    const column = this.byId.get(e.column.getColId());
    const row = e.data;
    if (!column) return;
    const raw: unknown = e.newValue;
    let value: CellValue;
    let create = false;
    if (raw instanceof Edited) {
      value = raw.value;
      create = raw.newOptions.length > 0;
    } else {
      const parsed = parseValue(column, typeof raw === 'string' ? raw : '');
      if (!parsed.ok) {
        this.events.notice('error', `${column.name}: ${parsed.reason}`);
        return;
      }
      value = parsed.value;
    }
    if (sameValue(cellOf(row, column), value)) return;
    void this.queue.push([{ rowId: row.id, columnId: column.id, value }], { createOptions: create });
  }

  private each(changes: readonly CellChange[], act: (c: CellChange) => unknown): void {
    const dirty = new Map<string, Set<string>>();
    for (const change of changes) {
      act(change);
      const columns = dirty.get(change.rowId) ?? new Set<string>();
      dirty.set(change.rowId, columns.add(change.columnId));
    }
    this.repaint(dirty);
  }
  private repaint(dirty: Map<string, Set<string>>): void {
    if (dirty.size === 0 || this.destroyed) return;
    const columns = new Set<string>();
    const nodes = [];
    for (const [id, changed] of dirty) {
      const node = this.api.getRowNode(id);
      if (!node) continue;
      nodes.push(node);
      for (const c of changed) columns.add(c);
    }
    if (nodes.length)
      this.api.refreshCells({ rowNodes: nodes, columns: [...columns].filter((c) => this.byId.has(c)), force: true });
    this.selection.summarise();
  }
  private marked: readonly HeldEdit[] = [];
  private paintHeld(): void {
    const held = this.queue.held.get();
    this.each([...this.marked, ...held], () => undefined);
    this.marked = held;
  }
  private paintNumbers(): void {
    this.api.refreshCells({ columns: [NUMBER_COLUMN], force: true });
    this.api.refreshHeader();
  }

  private layoutChanged(): void {
    if (this.settingColumns) return;
    const state = this.api.getColumnState().filter((s) => s.colId !== NUMBER_COLUMN && s.colId !== ADD_COLUMN);
    this.events.layout(
      state.map((s) => ({
        id: s.colId,
        hidden: s.hide ?? false,
        pinned: Boolean(s.pinned),
        ...(s.width ? { width: s.width } : {}),
      })),
    );
  }
  private selectColumn(id: string, extend: boolean): void {
    const col = this.selection.place(id);
    const last = this.rowCount.get() - 1;
    if (col === undefined || last < 0) return;
    const from = extend ? (this.selection.current?.anchor.col ?? col) : col;
    this.selection.selectRange({ anchor: { row: 0, col: from }, head: { row: last, col } });
  }
  private expand(rowId: string, columnId: string): void {
    const cell = this.host.querySelector(
      `.ag-row[row-id="${CSS.escape(rowId)}"] .ag-cell[col-id="${CSS.escape(columnId)}"]`,
    );
    if (cell) this.events.expandCell(rowId, columnId, cell.getBoundingClientRect());
  }
  private hovered(cell: HTMLElement | null, place: Place | null): void {
    const row = place ? this.cache.at(place.row) : undefined;
    const columnId = place ? this.selection.columnId(place.col) : undefined;
    const hit = cell && row && columnId;
    this.events.hover(hit ? { rowId: row.id, columnId, anchor: cell.getBoundingClientRect() } : null);
  }
}
