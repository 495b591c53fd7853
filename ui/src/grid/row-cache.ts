import {
  sameValue,
  toGridRow,
  type CellChange,
  type CellState,
  type CellValue,
  type GridRow,
  type Line,
} from './model';

const DEFAULT_CAPACITY = 40_000;

/**
 * The rows that the browser holds: by id, and by place in the current order. Rows are mutable and shared with AG Grid,
 * so a patch changes one object and repaints its cells; nothing of it lives in React.
 */
export class RowCache {
  private readonly rows = new Map<string, GridRow>();
  private order = new Map<number, string>();
  private places = new Map<string, number>();
  /** The log position that the first window reflected; 0 before there was one. */
  firstPosition = 0;

  constructor(private readonly capacity = DEFAULT_CAPACITY) {}

  get size(): number {
    return this.rows.size;
  }
  get(id: string): GridRow | undefined {
    return this.rows.get(id);
  }
  /** The row at a place of the current order, when its window is loaded. */
  at(index: number): GridRow | undefined {
    const id = this.order.get(index);
    return id === undefined ? undefined : this.rows.get(id);
  }
  indexOf(id: string): number | undefined {
    return this.places.get(id);
  }
  /** Forgets the order (after a sort, a filter, a delete) but keeps the rows. */
  clearOrder(): void {
    this.order = new Map();
    this.places = new Map();
  }
  clear(): void {
    this.clearOrder();
    this.rows.clear();
  }

  /** Takes a window of rows that reflects the given log position; cells changed since then stay as they are. */
  putWindow(start: number, rows: readonly Line[], position: number): GridRow[] {
    this.firstPosition ||= position;
    const merged = rows.map((row, i) => {
      const known = this.merge(row, position);
      this.order.set(start + i, row.id);
      this.places.set(row.id, start + i);
      return known;
    });
    this.evict();
    return merged;
  }

  private merge(row: Line, position: number): GridRow {
    const known = this.rows.get(row.id);
    if (!known) {
      const fresh = toGridRow(row);
      fresh.read = position;
      this.rows.set(row.id, fresh);
      return fresh;
    }
    this.rows.delete(row.id);
    this.rows.set(row.id, known); // most recently used
    const columns = new Set([...Object.keys(known.cells), ...Object.keys(row.cells)]);
    for (const column of columns) {
      if ((known.positions[column] ?? 0) > position) continue;
      this.write(known, column, row.cells[column] ?? null);
    }
    known.states = { ...(row.states ?? {}), ...newerStates(known, position) };
    known.version = Math.max(known.version, row.version);
    known.read = Math.max(known.read, position);
    known.updated_at = row.updated_at;
    known.group = row.group;
    known.number = row.number;
    return known;
  }

  private write(row: GridRow, column: string, value: CellValue): void {
    const pending = row.pending[column];
    if (pending) pending.base = value;
    else row.cells[column] = value;
  }

  /** Applies values from the stream; returns whether anything that is shown changed. */
  patchCell(change: CellChange, position: number): boolean {
    const row = this.rows.get(change.rowId);
    if (!row || (row.positions[change.columnId] ?? 0) >= position) return false;
    row.positions[change.columnId] = position;
    row.version = Math.max(row.version, position);
    const before = row.cells[change.columnId] ?? null;
    this.write(row, change.columnId, change.value);
    return !sameValue(before, row.cells[change.columnId] ?? null);
  }
  patchState(rowId: string, columnId: string, state: CellState | null): boolean {
    const row = this.rows.get(rowId);
    if (!row) return false;
    if (state === null || state.state === 'value' || state.state === 'empty') {
      if (!(columnId in row.states)) return false;
      row.states = without(row.states, columnId);
      return true;
    }
    row.states[columnId] = state;
    return true;
  }

  /** The log position as of which a cell is known. */
  base(rowId: string, columnId: string): number | undefined {
    const row = this.rows.get(rowId);
    const base = row ? Math.max(row.read, row.positions[columnId] ?? 0) : 0;
    return base > 0 ? base : undefined;
  }
  /** Shows a value before the server has it. */
  begin(change: CellChange): void {
    const row = this.rows.get(change.rowId);
    if (!row) return;
    const pending = row.pending[change.columnId];
    if (pending) pending.count++;
    else row.pending[change.columnId] = { count: 1, base: row.cells[change.columnId] ?? null };
    row.cells[change.columnId] = change.value;
  }
  /** The server has the value, at the position. */
  confirm(change: CellChange, position: number): void {
    const row = this.rows.get(change.rowId);
    const pending = row?.pending[change.columnId];
    if (!row || !pending) return;
    if ((row.positions[change.columnId] ?? 0) <= position) {
      pending.base = change.value;
      row.positions[change.columnId] = position;
      row.version = Math.max(row.version, position);
    }
    this.settle(row, change.columnId);
  }
  /** The server refused the value: what it has is shown again, unless another edit is still under way. */
  rollback(change: CellChange): void {
    const row = this.rows.get(change.rowId);
    if (row?.pending[change.columnId]) this.settle(row, change.columnId);
  }
  private settle(row: GridRow, column: string): void {
    const pending = row.pending[column];
    if (!pending) return;
    if (--pending.count > 0) return;
    row.cells[column] = pending.base;
    row.pending = without(row.pending, column);
  }

  private evict(): void {
    if (this.rows.size <= this.capacity) return;
    for (const [id, row] of this.rows) {
      if (this.rows.size <= this.capacity * 0.9) return;
      if (Object.keys(row.pending).length > 0) continue;
      this.rows.delete(id);
      const place = this.places.get(id);
      if (place !== undefined) this.order.delete(place);
      this.places.delete(id);
    }
  }
}

function newerStates(row: GridRow, position: number): Record<string, CellState> {
  return Object.fromEntries(Object.entries(row.states).filter(([column]) => (row.positions[column] ?? 0) > position));
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([k]) => k !== key));
}
