import type { GridApi } from 'ag-grid-community';
import { NUMBER_COLUMN } from './columns';
import type { GridRow } from './model';
import { cellsIn, fillTarget, type Direction, type Place, type Rect } from './range';
import type { RangeSelection } from './selection';

const HANDLE = 9;

export interface MouseActions {
  /** Toggled with Ctrl: a copy in the place of a series, or a series of one number. */
  filled(source: Rect, target: Rect, direction: Direction, toggled: boolean): void;
  filledToEnd(source: Rect): void;
  hover(cell: HTMLElement | null, place: Place | null): void;
  context(place: Place, at: { x: number; y: number }): void;
  rowContext(index: number, at: { x: number; y: number }): void;
}

/** Drags over cells: ranges, the fill handle, scrolling at the edges. */
export class MouseRange {
  /** True while the mouse owns the range, so that the grid's own focus doesn't reset it. */
  busy = false;
  private mode: 'range' | 'fill' | null = null;
  private source: Rect | null = null;
  private target: { rect: Rect; direction: Direction } | null = null;
  private readonly off = new AbortController();

  constructor(
    private readonly host: HTMLElement,
    private readonly api: () => GridApi<GridRow>,
    private readonly selection: RangeSelection,
    private readonly actions: MouseActions,
  ) {
    const { signal } = this.off;
    host.addEventListener('mousedown', (e) => this.down(e), { signal, capture: true });
    host.addEventListener('dblclick', (e) => this.doubled(e), { signal, capture: true });
    host.addEventListener('mouseover', (e) => this.over(e), { signal });
    host.addEventListener('mouseleave', () => this.actions.hover(null, null), { signal });
    host.addEventListener('contextmenu', (e) => this.context(e), { signal });
    document.addEventListener('mouseup', (e) => this.up(e), { signal });
    document.addEventListener('mousemove', (e) => this.scroll(e), { signal });
  }
  destroy(): void {
    this.off.abort();
  }

  private cellAt(target: EventTarget | null): { cell: HTMLElement; place: Place } | null {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.ag-cell') : null;
    const row = cell?.closest('.ag-row')?.getAttribute('row-index');
    const col = this.selection.place(cell?.getAttribute('col-id') ?? '');
    return cell && row != null && col !== undefined ? { cell, place: { row: Number(row), col } } : null;
  }

  private down(e: MouseEvent): void {
    const hit = this.cellAt(e.target);
    if (!hit || e.button !== 0) return;
    if (this.api().getEditingCells().length > 0 && hit.cell.classList.contains('ag-cell-inline-editing')) return;
    this.busy = true;
    if (this.onHandle(hit.cell, e)) {
      this.mode = 'fill';
      this.source = this.selection.rect;
      e.preventDefault();
      e.stopPropagation();
      return;
    }
    this.mode = 'range';
    if (e.shiftKey && this.selection.current) {
      e.preventDefault();
      e.stopPropagation();
      this.selection.extendTo(hit.place);
    } else {
      this.selection.select(hit.place);
    }
  }
  /** A double click on the handle fills to the end; it doesn't open the cell. */
  private doubled(e: MouseEvent): void {
    const hit = this.cellAt(e.target);
    const rect = this.selection.rect;
    if (!hit || !rect || !this.onHandle(hit.cell, e)) return;
    e.preventDefault();
    e.stopPropagation();
    this.actions.filledToEnd(rect);
  }
  /** The handle is there for those that may edit only. */
  private onHandle(cell: HTMLElement, e: MouseEvent): boolean {
    if (!cell.classList.contains('mk-handle') || !this.host.classList.contains('mk-editable')) return false;
    const box = cell.getBoundingClientRect();
    return e.clientX > box.right - HANDLE && e.clientY > box.bottom - HANDLE;
  }
  private over(e: MouseEvent): void {
    const hit = this.cellAt(e.target);
    if (this.mode === 'range' && e.buttons === 1 && hit) this.selection.extendTo(hit.place);
    else if (this.mode === 'fill' && this.source && hit) {
      this.target = fillTarget(this.source, hit.place);
      this.selection.showFill(this.target?.rect ?? null);
    } else if (this.mode === null) this.actions.hover(hit?.cell ?? null, hit?.place ?? null);
  }
  private up(e: MouseEvent): void {
    if (this.mode === 'fill' && this.source && this.target && cellsIn(this.target.rect) > 0) {
      this.actions.filled(this.source, this.target.rect, this.target.direction, e.ctrlKey || e.metaKey);
    }
    this.selection.showFill(null);
    this.mode = null;
    this.source = null;
    this.target = null;
    // The grid focuses the pressed cell within the same event; afterwards its focus moves count again.
    setTimeout(() => {
      this.busy = false;
    });
  }
  private context(e: MouseEvent): void {
    const number = e.target instanceof Element ? e.target.closest(`.ag-cell[col-id="${NUMBER_COLUMN}"]`) : null;
    const index = number?.closest('.ag-row')?.getAttribute('row-index');
    if (index != null) {
      e.preventDefault();
      this.actions.rowContext(Number(index), { x: e.clientX, y: e.clientY });
      return;
    }
    const hit = this.cellAt(e.target);
    if (!hit) return;
    e.preventDefault();
    const rect = this.selection.rect;
    const { row, col } = hit.place;
    const inside = rect && row >= rect.top && row <= rect.bottom && col >= rect.left && col <= rect.right;
    if (!inside) this.selection.select(hit.place);
    this.actions.context(hit.place, { x: e.clientX, y: e.clientY });
  }
  /** A drag beyond the edge pulls the next row or column into view. */
  private scroll(e: MouseEvent): void {
    const range = this.selection.current;
    if (this.mode !== 'range' || e.buttons !== 1 || !range) return;
    const box = this.host.getBoundingClientRect();
    const down = e.clientY > box.bottom - 12;
    const up = e.clientY < box.top + 40;
    if (!down && !up) return;
    const head = { row: range.head.row + (down ? 2 : -2), col: range.head.col };
    this.selection.extendTo(head);
    this.api().ensureIndexVisible(Math.max(0, this.selection.head?.row ?? 0));
  }
}
