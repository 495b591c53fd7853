import { onceAFrame } from './once-a-frame';
import { NUMBER_COLUMN } from './columns';
import { plural } from '@/lib/format';

const SAID = 'mk-said';
const ABOUT_ROW = '';

/** How many open threads there are about a cell, or about a row where the column is missing. */
export interface CommentMark {
  row_id: string;
  column_id?: string;
  open: number;
}

/** Marks the rendered cells about which something is said; a row about which something is said has it at its number. */
export class CommentMarks {
  private marks = new Map<string, Map<string, number>>();
  private readonly schedule = onceAFrame(() => this.paint());

  constructor(private readonly host: HTMLElement) {}

  show(marks: readonly CommentMark[]): void {
    if (marks.length === 0 && this.marks.size === 0) return;
    this.marks = new Map();
    for (const m of marks) {
      const row = this.marks.get(m.row_id) ?? new Map<string, number>();
      this.marks.set(m.row_id, row.set(m.column_id ?? ABOUT_ROW, m.open));
    }
    this.schedule();
  }
  /** Marks anew what is on the screen now; once a frame. */
  repaint(): void {
    if (this.marks.size > 0) this.schedule();
  }
  private paint(): void {
    for (const row of this.host.querySelectorAll<HTMLElement>('.ag-row')) {
      const said = this.marks.get(row.getAttribute('row-id') ?? '');
      if (!said && !row.querySelector(`.${SAID}`)) continue;
      for (const cell of row.querySelectorAll<HTMLElement>('.ag-cell')) {
        const column = cell.getAttribute('col-id') ?? '';
        mark(cell, said?.get(column === NUMBER_COLUMN ? ABOUT_ROW : column) ?? 0);
      }
    }
  }
}

function mark(cell: HTMLElement, open: number): void {
  cell.classList.toggle(SAID, open > 0);
  if (open > 0) cell.setAttribute('aria-description', plural(open, 'open comment thread'));
  else cell.removeAttribute('aria-description');
}
