import { createGrid, type GridApi, type GridOptions, type IGetRowsParams } from 'ag-grid-community';
import { Observable } from '@/lib/emitter';
import { applyCellsPatch, type CellsPatch } from './apply-patch';
import { Layout, type GridShape } from './column-layout';
import { NUMBER_COLUMN } from './columns';
import { CommentMarks } from './comment-marks';
import type { GridContext } from './context';
import { EditKeys } from './edit-keys';
import { editPort } from './edit-port';
import { EditQueue } from './edit-queue';
import type { HeldEdit } from './edit-store';
import { editOf } from './edit-request';
import type { GridEvents, GridSource } from './events';
import { FocusFollow } from './focus-follow';
import { FoundMarks } from './found-marks';
import { gridOptions } from './grid-options';
import { GridInput } from './input';
import { isReadOnly, type CellChange, type GridRow } from './model';
import { MouseRange } from './mouse';
import type { Place } from './range';
import { PresenceMarks } from './presence-marks';
import { RangeCommands, type RangeCommand } from './range-commands';
import { RowCache } from './row-cache';
import { RowSource } from './row-source';
import { CheckedRows } from './checked-rows';
import { RangeSelection } from './selection';
import { Transfers, type Pasting } from './transfers';

const REFRESH_MS = 250;
/** Widths that a person has chosen: by a drag, or by a double click on the line between two columns. */
const BY_PERSON = new Set(['uiColumnResized', 'autosizeColumns']);

/** One table on the screen: AG Grid, the row cache, the edits under way, the selection. It knows neither React nor HTTP. */
export class GridController {
  readonly cache = new RowCache();
  readonly queue: EditQueue;
  readonly selection: RangeSelection;
  readonly checked: CheckedRows;
  readonly rows: RowSource;
  /** Whether a cell is being edited. */
  readonly editing = new Observable(false);
  /** How far the run of a column is, from 0 to 1, for its header. */
  readonly progress = new Observable<ReadonlyMap<string, number>>(new Map());
  readonly pasting = new Observable<Pasting | null>(null);
  private readonly layout: Layout;
  /** Marks of what a search has found, of cells about which something is said, and of those that others have selected. */
  readonly found: FoundMarks;
  readonly said: CommentMarks;
  readonly others: PresenceMarks;
  private readonly api: GridApi<GridRow>;
  private readonly mouse: MouseRange;
  private readonly follow = new FocusFollow();
  private readonly transfers: Transfers;
  private readonly commands: RangeCommands;
  private readonly input: GridInput;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private destroyed = false;

  constructor(
    private readonly host: HTMLElement,
    shape: GridShape,
    rows: number,
    source: GridSource,
    private readonly events: GridEvents,
  ) {
    this.layout = new Layout(shape, (columns) => events.layout(columns));
    this.rows = new RowSource(
      {
        cache: this.cache,
        source,
        waiting: () => this.queue.waiting(),
        arrived: () => this.selection.summarise(),
      },
      rows,
    );
    this.selection = new RangeSelection(
      host,
      () => this.api,
      this.cache,
      (id) => this.layout.column(id),
      this.rows.rowCount.get,
    );
    this.found = new FoundMarks(host, this.cache);
    this.said = new CommentMarks(host);
    this.others = new PresenceMarks(host);
    this.checked = new CheckedRows(
      () => this.paintNumbers(),
      (i) => this.dataAt(i)?.id,
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
    const keys = new EditKeys(() => this.api, this.selection, this.rows.rowCount.get);
    host.addEventListener('mousedown', () => keys.forget());
    this.api = createGrid<GridRow>(host, {
      ...gridOptions(this.context(), rows, (e) => keys.take(e)),
      rowHeight: shape.rowHeight,
      columnDefs: this.layout.defs(),
      datasource: { getRows: (p: IGetRowsParams<GridRow>) => void this.rows.getRows(p) },
      ...this.handlers(),
    });
    this.transfers = new Transfers({
      cache: this.cache,
      source,
      events,
      columns: () => this.selection.columns,
      rowCount: this.rows.rowCount.get,
      edit: (changes, create, gesture) => this.queue.push(changes, { createOptions: create, gesture }),
      rowsAdded: (n) => this.rowsAdded(n),
      pasting: this.pasting,
    });
    this.commands = new RangeCommands(this.selection, this.transfers, events);
    this.mouse = new MouseRange(host, () => this.api, this.selection, {
      filled: (from, to, direction, toggled) =>
        void this.transfers
          .fill(from, to, direction, toggled)
          .then(() => this.selection.summarise())
          .catch((e: unknown) => events.failed(e)),
      filledToEnd: (rect) =>
        void this.transfers
          .fillToEnd(rect)
          .then((area) => {
            if (area) this.selection.selectRect(area);
          })
          .catch((e: unknown) => events.failed(e)),
      hover: (cell, place) => this.hovered(cell, place),
      context: (place, at) => {
        const row = this.dataAt(place.row);
        const columnId = this.selection.columnId(place.col);
        if (row && columnId) events.contextMenu(row.id, columnId, at);
      },
      rowContext: (index, at) => {
        const row = this.dataAt(index);
        if (!row) return;
        this.selectRow(index);
        events.rowMenu(row.id, at);
      },
    });
    this.input = new GridInput(host, {
      api: this.api,
      cache: this.cache,
      selection: this.selection,
      checked: this.checked,
      transfers: this.transfers,
      events,
      rowCount: this.rows.rowCount.get,
      canEdit: () => this.layout.shape.canEdit,
      edit: (changes) => void this.queue.push(changes),
      run: (name) => this.run(name),
      scrollTo: (row, column) => this.scrollTo(row, column),
      wake: () => this.queue.wake(),
      followFocus: () => this.followFocus(),
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

  /** Another schema, layout or sort: the columns are made again, rows stay. */
  reshape(shape: GridShape): void {
    this.layout.reshape(this.api, shape);
    this.selection.readColumns();
  }
  /** Another filter, sort or search: everything shown is asked for again. */
  reload(rows: number | null): void {
    this.rows.forgetOrder();
    this.selection.clear();
    if (rows !== null) this.setRows(rows);
    this.rows.loading.set(this.rows.rowCount.get() > 0);
    this.api.purgeInfiniteCache();
    this.api.ensureIndexVisible(0, 'top');
  }
  /** Other groups, or others of them are open: rows keep their place on the screen as far as they can. */
  regroup(lines: number): void {
    this.rows.forgetOrder();
    this.setRows(lines);
    this.api.refreshInfiniteCache();
  }
  /** The row at a line, unless the line is a group's. */
  private dataAt(index: number): GridRow | undefined {
    const row = this.cache.at(index);
    return row?.group ? undefined : row;
  }
  setRows(rows: number): void {
    this.rows.rowCount.set(rows);
    this.api.setRowCount(Math.max(rows, 0), true);
  }
  /** Asks for the shown rows again soon; what is on the screen stays until the answer is there. */
  refreshSoon(forgetOrder: boolean): void {
    if (forgetOrder) this.rows.forgetOrder();
    this.refreshTimer ??= setTimeout(() => {
      this.refreshTimer = undefined;
      this.api.refreshInfiniteCache();
    }, REFRESH_MS);
  }
  rowsAdded(n: number): void {
    this.setRows(this.rows.rowCount.get() + n);
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
    this.layout.reveal(this.api, columnId);
  }
  /** The cell of the selection's start. */
  currentCell(): { rowId: string; columnId: string } | null {
    const columnId = this.selection.columnId(this.selection.current?.anchor.col ?? -1);
    const row = this.currentRow();
    return row && columnId ? { rowId: row.id, columnId } : null;
  }
  /** Selects a cell and brings it into view; the focus stays where it is. */
  goTo(row: number, columnId: string): void {
    const col = this.selection.place(columnId);
    if (col === undefined) return;
    this.api.ensureIndexVisible(row);
    this.api.ensureColumnVisible(columnId);
    this.selection.select({ row, col });
  }
  focus(): void {
    const place = this.selection.current?.anchor ?? { row: 0, col: 0 };
    const column = this.selection.columnId(place.col);
    if (column) this.api.setFocusedCell(place.row, column);
  }
  /** The row of the selection's start. */
  currentRow(): GridRow | undefined {
    const place = this.selection.current?.anchor;
    return place ? this.dataAt(place.row) : undefined;
  }
  edit(changes: CellChange[], createOptions = false): void {
    void this.queue.push(changes, { createOptions });
  }
  run(name: RangeCommand): void {
    this.commands.run(name);
  }
  /** All cells of a row, unless it is selected already. */
  selectRow(index: number): void {
    const rect = this.selection.rect;
    const last = this.selection.columns.length - 1;
    const within = rect && rect.left === 0 && rect.right === last && index >= rect.top && index <= rect.bottom;
    if (!within) this.selection.selectRange({ anchor: { row: index, col: 0 }, head: { row: index, col: last } });
  }

  get canEdit(): boolean {
    return this.layout.shape.canEdit;
  }
  private context(): GridContext {
    return {
      column: (id) => this.layout.column(id),
      rangeClasses: (row, column) => this.selection.classes(row, column),
      held: (row, column) => this.queue.heldFor(row, column),
      isChecked: (id) => this.checked.has(id),
      toggleChecked: (id, index, extend) => this.checked.toggle(id, index, extend),
      setAllChecked: (on) => this.checked.setAll(on),
      allChecked: () => this.checked.all,
      canEdit: () => this.layout.shape.canEdit,
      setCell: (row, column, value) => void this.queue.push([{ rowId: row.id, columnId: column.id, value }]),
      openRow: (id) => this.events.openRow(id),
      toggleGroup: (id) => this.events.toggleGroup(id),
      isFirst: (id) => this.selection.place(id) === 0,
      colourOf: (row, column) => this.layout.shape.colourOf?.(row, column) ?? null,
      openColumnMenu: (id, anchor) => this.events.columnMenu(id, anchor),
      renameColumn: (id) => this.events.renameColumn(id),
      selectColumn: (id, extend) => this.selectColumn(id, extend),
      addColumn: (anchor) => this.events.addColumn(anchor),
      sortOf: (id) => this.layout.sortOf(id),
      progress: this.progress,
    };
  }

  private followFocus(): void {
    const place = this.selection.focused();
    if (place && this.follow.ahead(place)) this.selection.select(place);
  }

  /** What is done about events of AG Grid. */
  private handlers(): GridOptions<GridRow> {
    return {
      onCellEditRequest: (e) => {
        const edit = editOf(e, this.layout.column(e.column.getColId()));
        if (edit === null) return;
        if ('refused' in edit) this.events.notice('error', edit.refused);
        else void this.queue.push([edit.change], { createOptions: edit.newOptions });
      },
      onCellFocused: (e) => {
        if (e.rowIndex === null || !e.column || typeof e.column === 'string') return;
        const col = this.selection.place(e.column.getColId());
        if (col !== undefined && this.follow.told({ row: e.rowIndex, col }) && !this.mouse.busy)
          this.selection.select({ row: e.rowIndex, col });
      },
      onCellEditingStarted: () => this.editing.set(true),
      onCellEditingStopped: () => this.editing.set(false),
      onDisplayedColumnsChanged: () => this.selection.readColumns(),
      onColumnMoved: (e) => e.finished && this.layout.changed(this.api),
      onColumnResized: (e) => e.finished && BY_PERSON.has(e.source) && this.layout.changed(this.api),
      onColumnPinned: () => this.layout.changed(this.api),
      onModelUpdated: () => this.repaintMarks(),
      onViewportChanged: () => this.repaintMarks(),
      onGridSizeChanged: () => {
        const focused = this.api.getFocusedCell(); // a drawer beside the grid must not push it out of sight
        if (focused) this.api.ensureColumnVisible(focused.column);
      },
      onCellDoubleClicked: (e) => {
        const column = this.layout.column(e.column.getColId());
        if (column && e.data && (!this.canEdit || isReadOnly(column))) this.expand(e.data.id, column.id);
      },
    };
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
      this.api.refreshCells({
        rowNodes: nodes,
        columns: [...columns].filter((c) => this.layout.column(c)),
        force: true,
      });
    this.selection.summarise();
    this.found.repaint();
  }
  private repaintMarks(): void {
    this.selection.repaint();
    this.found.repaint();
    this.said.repaint();
    this.others.repaint();
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

  private selectColumn(id: string, extend: boolean): void {
    const col = this.selection.place(id);
    const last = this.rows.rowCount.get() - 1;
    if (col === undefined || last < 0) return;
    const from = extend ? (this.selection.current?.anchor.col ?? col) : col;
    this.selection.selectRange({ anchor: { row: 0, col: from }, head: { row: last, col } });
  }
  /** The columns that are selected from the first row to the last. */
  selectedColumns(): string[] {
    const rect = this.selection.rect;
    const last = this.rows.rowCount.get() - 1;
    if (!rect || rect.top > 0 || rect.bottom < last) return [];
    return this.selection.columns.slice(rect.left, rect.right + 1).map((c) => c.id);
  }
  private expand(rowId: string, columnId: string): void {
    const cell = this.host.querySelector(
      `.ag-row[row-id="${CSS.escape(rowId)}"] .ag-cell[col-id="${CSS.escape(columnId)}"]`,
    );
    if (cell) this.events.expandCell(rowId, columnId, cell.getBoundingClientRect());
  }
  private hovered(cell: HTMLElement | null, place: Place | null): void {
    const row = place ? this.dataAt(place.row) : undefined;
    const columnId = place ? this.selection.columnId(place.col) : undefined;
    const hit = cell && row && columnId;
    this.events.hover(hit ? { rowId: row.id, columnId, anchor: cell.getBoundingClientRect() } : null);
  }
}
