import type { GridApi } from 'ag-grid-community';
import { Observable } from '@/lib/emitter';
import { ADD_COLUMN, NUMBER_COLUMN } from './columns';
import type { Selection } from './events';
import { cellOf, isNumeric, type Column, type GridRow } from './model';
import { cellsIn, clamp, edges, extend, rectOf, single, type Place, type Range, type Rect } from './range';
import { onceAFrame } from './once-a-frame';
import type { RowCache } from './row-cache';

const RANGE_CLASSES = ['mk-range', 'mk-range-t', 'mk-range-b', 'mk-range-l', 'mk-range-r'];
const FILL_CLASS = 'mk-fill';
const SUM_LIMIT = 20_000;

export const NOTHING_SELECTED: Selection = {
  rect: null,
  cells: 0,
  numbers: 0,
  sum: null,
  avg: null,
  min: null,
  max: null,
  complete: true,
};

/** The selected range of cells: its state, its paint on the rendered cells, its sums. */
export class RangeSelection {
  readonly summary = new Observable<Selection>(NOTHING_SELECTED);
  private range: Range | null = null;
  private fill: Rect | null = null;
  private ids: string[] = [];
  private places = new Map<string, number>();

  constructor(
    private readonly host: HTMLElement,
    private readonly api: () => GridApi<GridRow>,
    private readonly cache: RowCache,
    private readonly columnOf: (id: string) => Column | undefined,
    private readonly rowCount: () => number,
  ) {}

  get current(): Range | null {
    return this.range;
  }
  /** The end of the range that moves. */
  get head(): Place | null {
    return this.range?.head ?? null;
  }
  get rect(): Rect | null {
    return this.range ? rectOf(this.range) : null;
  }
  /** The data columns in the order of the screen. */
  get columns(): Column[] {
    return this.ids.flatMap((id) => this.columnOf(id) ?? []);
  }
  columnId(index: number): string | undefined {
    return this.ids[index];
  }
  place(columnId: string): number | undefined {
    return this.places.get(columnId);
  }
  /** Where the focus is. The selection follows it a moment later, too late for fast typing. */
  focused(): Place | null {
    const at = this.api().getFocusedCell();
    const col = at ? this.places.get(at.column.getColId()) : undefined;
    return at && col !== undefined ? { row: at.rowIndex, col } : null;
  }
  /** Reads the shown columns again after they were moved, hidden or pinned. */
  readColumns(): void {
    this.ids = this.api()
      .getAllDisplayedColumns()
      .map((c) => c.getColId())
      .filter((id) => id !== NUMBER_COLUMN && id !== ADD_COLUMN);
    this.places = new Map(this.ids.map((id, i) => [id, i]));
    this.repaint();
  }

  select(place: Place): void {
    this.set(single(place));
  }
  selectRange(range: Range): void {
    this.set(range);
  }
  selectRect({ top, left, bottom, right }: Rect): void {
    this.set({ anchor: { row: top, col: left }, head: { row: bottom, col: right } });
  }
  extendTo(head: Place): void {
    const to = clamp(head, this.rowCount(), this.ids.length);
    this.set(this.range ? extend(this.range, to) : single(to));
  }
  clear(): void {
    this.set(null);
  }
  showFill(rect: Rect | null): void {
    this.fill = rect;
    this.repaint();
  }
  private set(range: Range | null): void {
    const a = this.range;
    if (
      a &&
      range &&
      a.anchor.row === range.anchor.row &&
      a.anchor.col === range.anchor.col &&
      a.head.row === range.head.row &&
      a.head.col === range.head.col
    )
      return;
    this.range = range;
    this.repaint();
    this.summarise();
  }

  classes(rowIndex: number, columnId: string): string[] {
    const rect = this.rect;
    const col = this.places.get(columnId);
    return rect && col !== undefined ? edges(rect, rowIndex, col) : [];
  }
  /** Puts the range's classes on the cells that are rendered; once a frame. */
  readonly repaint = onceAFrame(() => this.paint());
  private paint(): void {
    const rect = this.rect;
    const many = rect !== null && cellsIn(rect) > 1;
    this.host.classList.toggle('mk-many', many);
    for (const rowEl of this.host.querySelectorAll<HTMLElement>('.ag-row')) {
      const row = Number(rowEl.getAttribute('row-index'));
      for (const cell of rowEl.querySelectorAll<HTMLElement>(':scope .ag-cell')) {
        const col = this.places.get(cell.getAttribute('col-id') ?? '');
        if (col === undefined) continue;
        const wanted = rect ? edges(rect, row, col) : [];
        for (const name of RANGE_CLASSES) cell.classList.toggle(name, wanted.includes(name));
        const handle = rect !== null && row === rect.bottom && col === rect.right;
        cell.classList.toggle('mk-handle', handle);
        const f = this.fill;
        cell.classList.toggle(
          FILL_CLASS,
          f !== null && row >= f.top && row <= f.bottom && col >= f.left && col <= f.right,
        );
      }
    }
  }

  /** Sums what is selected, if all of it is loaded: a sum of a part would be a wrong one. */
  summarise(): void {
    const rect = this.rect;
    const cells = rect ? cellsIn(rect) : 0;
    const numbers = rect && cells > 1 && cells <= SUM_LIMIT ? this.numbersIn(rect) : null;
    this.summary.set({ rect, cells, complete: numbers !== null || cells <= 1, ...summed(numbers ?? []) });
  }
  /** The numbers of the range, or null where a row of it is not loaded. */
  private numbersIn(rect: Rect): number[] | null {
    const columns = this.columns.slice(rect.left, rect.right + 1).filter((c) => isNumeric(c.type));
    const numbers: number[] = [];
    for (let r = rect.top; r <= rect.bottom; r++) {
      const row = this.cache.at(r);
      if (!row) return null;
      for (const column of columns) {
        const value = cellOf(row, column);
        const n = value === null || value === '' ? NaN : Number(value);
        if (Number.isFinite(n)) numbers.push(n);
      }
    }
    return numbers;
  }
}

function summed(numbers: readonly number[]): Pick<Selection, 'numbers' | 'sum' | 'avg' | 'min' | 'max'> {
  if (numbers.length === 0) return { numbers: 0, sum: null, avg: null, min: null, max: null };
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (const n of numbers) {
    sum += n;
    min = Math.min(min, n);
    max = Math.max(max, n);
  }
  return { numbers: numbers.length, sum: round(sum), avg: round(sum / numbers.length), min, max };
}

function round(n: number): number {
  return Number(n.toPrecision(12));
}
