import { onceAFrame } from './once-a-frame';

const HERE = 'mk-here';

/** The cell that somebody else has selected. */
export interface PresenceMark {
  rowId: string;
  columnId: string;
  /** What the cell says of its person: a name, and whether they are editing. */
  label: string;
  /** A colour as CSS has it, and that of a text on it. */
  colour: string;
  ink: string;
}

/** Marks the rendered cells that others have selected, each in a person's colour. */
export class PresenceMarks {
  private marks = new Map<string, PresenceMark>();
  private readonly schedule = onceAFrame(() => this.paint());

  constructor(private readonly host: HTMLElement) {}

  show(marks: readonly PresenceMark[]): void {
    if (marks.length === 0 && this.marks.size === 0) return;
    this.marks = new Map(marks.map((m) => [`${m.rowId}/${m.columnId}`, m]));
    this.schedule();
  }
  /** Marks anew what is on the screen now; once a frame. */
  repaint(): void {
    if (this.marks.size > 0) this.schedule();
  }
  private paint(): void {
    for (const cell of this.host.querySelectorAll<HTMLElement>(`.ag-cell.${HERE}`)) {
      if (!this.marks.has(keyOf(cell))) clear(cell);
    }
    for (const [key, mark] of this.marks) {
      const cell = this.host.querySelector<HTMLElement>(
        `.ag-row[row-id="${CSS.escape(mark.rowId)}"] .ag-cell[col-id="${CSS.escape(mark.columnId)}"]`,
      );
      if (cell && keyOf(cell) === key) put(cell, mark);
    }
  }
}

function keyOf(cell: HTMLElement): string {
  return `${cell.closest('.ag-row')?.getAttribute('row-id') ?? ''}/${cell.getAttribute('col-id') ?? ''}`;
}
function put(cell: HTMLElement, mark: PresenceMark): void {
  cell.classList.add(HERE);
  cell.dataset['here'] = mark.label;
  cell.style.setProperty('--mk-here', mark.colour);
  cell.style.setProperty('--mk-here-ink', mark.ink);
}
function clear(cell: HTMLElement): void {
  cell.classList.remove(HERE);
  delete cell.dataset['here'];
  cell.style.removeProperty('--mk-here');
  cell.style.removeProperty('--mk-here-ink');
}
