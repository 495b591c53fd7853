import type { GridApi } from 'ag-grid-community';
import { ADD_COLUMN, NUMBER_COLUMN, columnDefs, isNarrow } from './columns';
import type { ColumnLayout } from './events';
import type { Column, GridRow } from './model';

export interface GridShape {
  columns: Column[];
  layout: ColumnLayout[];
  sort: { column: string; dir: 'asc' | 'desc' }[];
  canEdit: boolean;
  canAdd: boolean;
  rowHeight: number;
  /** The soft colour of a cell, by the view's rules; null where it has none. */
  colourOf?: ((row: GridRow, column: Column) => string | null) | undefined;
}

/** The columns of a grid as they lie on the screen: schema, order, widths, pins, sort, row height. */
export class Layout {
  private byId = new Map<string, Column>();
  private setting = false;
  private revealing: string | null = null;

  constructor(
    private current: GridShape,
    private readonly changedByHand: (columns: ColumnLayout[]) => void,
  ) {
    this.index();
  }

  get shape(): GridShape {
    return this.current;
  }
  column(id: string): Column | undefined {
    return this.byId.get(id);
  }
  defs() {
    return columnDefs(this.current.columns, this.current.layout, this.current);
  }

  /** Another schema, layout or sort: the columns are made again, rows stay. */
  reshape(api: GridApi<GridRow>, shape: GridShape): void {
    this.current = shape;
    this.index();
    this.setting = true;
    api.setGridOption('columnDefs', this.defs());
    this.setting = false;
    if (api.getGridOption('rowHeight') !== shape.rowHeight) {
      api.setGridOption('rowHeight', shape.rowHeight);
      api.resetRowHeights();
    }
    this.revealNow(api);
  }

  /** Tells the page what a person has moved, resized or pinned. */
  changed(api: GridApi<GridRow>): void {
    if (this.setting) return;
    const narrow = isNarrow();
    const state = api.getColumnState().filter((s) => s.colId !== NUMBER_COLUMN && s.colId !== ADD_COLUMN);
    this.changedByHand(
      state.map((s) => ({
        id: s.colId,
        hidden: s.hide ?? false,
        pinned: narrow ? (this.current.layout.find((l) => l.id === s.colId)?.pinned ?? false) : Boolean(s.pinned),
        ...(s.width ? { width: s.width } : {}),
      })),
    );
  }

  /** Scrolls to a column, once the schema has it. */
  reveal(api: GridApi<GridRow>, columnId: string): void {
    this.revealing = columnId;
    this.revealNow(api);
  }
  private revealNow(api: GridApi<GridRow>): void {
    if (this.revealing === null || !this.byId.has(this.revealing)) return;
    api.ensureColumnVisible(this.revealing);
    this.revealing = null;
  }
  private index(): void {
    this.byId = new Map(this.current.columns.map((c) => [c.id, c]));
  }

  sortOf(id: string): { dir: 'asc' | 'desc'; index: number; of: number } | null {
    const index = this.current.sort.findIndex((s) => s.column === id);
    const sort = this.current.sort[index];
    return sort ? { dir: sort.dir, index, of: this.current.sort.length } : null;
  }
}
