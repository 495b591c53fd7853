import { onceAFrame } from './once-a-frame';
import type { Column } from './model';
import { cellOf } from './model';
import type { RowCache } from './row-cache';
import { searchedText, type TextMatch } from './text-search';

const FOUND = 'mk-found';

/** What is marked: the cells of these columns whose text matches. */
export interface Marks {
  matches: TextMatch;
  columns: readonly Column[];
}

/** Marks the rendered cells that a search has found; what is scrolled into view is marked as it comes. */
export class FoundMarks {
  private marks: { matches: TextMatch; columns: Map<string, Column> } | null = null;
  private readonly schedule = onceAFrame(() => this.paint());

  constructor(
    private readonly host: HTMLElement,
    private readonly cache: RowCache,
  ) {}

  show(marks: Marks | null): void {
    if (!marks && !this.marks) return;
    this.marks = marks && { matches: marks.matches, columns: new Map(marks.columns.map((c) => [c.id, c])) };
    this.schedule();
  }
  /** Marks anew what is on the screen now; once a frame. */
  repaint(): void {
    if (this.marks) this.schedule();
  }
  private paint(): void {
    for (const cell of this.host.querySelectorAll<HTMLElement>('.ag-row .ag-cell')) {
      const id = cell.closest('.ag-row')?.getAttribute('row-id') ?? '';
      cell.classList.toggle(FOUND, this.holds(id, cell.getAttribute('col-id') ?? ''));
    }
  }
  private holds(rowId: string, columnId: string): boolean {
    const row = this.cache.get(rowId);
    const column = this.marks?.columns.get(columnId);
    return row !== undefined && column !== undefined && this.marks?.matches(searchedText(cellOf(row, column))) === true;
  }
}
