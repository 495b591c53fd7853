import type { GridApi, SuppressKeyboardEventParams } from 'ag-grid-community';
import { entersText } from './cell-types/editor-params';
import { directionOf } from './keyboard';
import type { GridRow } from './model';
import { step, type Place } from './range';
import type { RangeSelection } from './selection';

type KeyEvent = Pick<SuppressKeyboardEventParams<GridRow>, 'event' | 'editing'>;

/**
 * The keys that end an edit and move on, as in spreadsheets: arrows while a value is entered, Tab to the next cell without opening it, and
 * Enter after Tab back to the column where the tabbing began, a row below.
 */
export class EditKeys {
  /** The column from which Tab has led here. */
  private tabbedFrom: number | null = null;

  constructor(
    private readonly api: () => GridApi<GridRow>,
    private readonly selection: RangeSelection,
    private readonly rowCount: () => number,
  ) {}

  /** True takes a key from the grid. It comes here after the editor, which keeps what it can't read. */
  take({ event: e, editing }: KeyEvent): boolean {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return false;
    const at = this.selection.focused();
    if (!at) return false;
    if (e.key === 'Tab') return this.tab(e, at, editing);
    if (e.key === 'Enter') return editing && !e.shiftKey && this.enter(e, at);
    if (!editing) {
      if (e.key.length > 1 && e.key !== 'Shift' && e.key !== 'F2') this.tabbedFrom = null;
      return false;
    }
    const direction = directionOf(e.key);
    if (!direction || e.shiftKey || !entersText(this.api().getCellEditorInstances()[0])) return false;
    this.tabbedFrom = null;
    return this.go(e, step(at, direction, this.rowCount(), this.selection.columns.length));
  }
  /** A click begins anew. */
  forget(): void {
    this.tabbedFrom = null;
  }

  private tab(e: KeyboardEvent, at: Place, editing: boolean): boolean {
    if (!e.shiftKey) this.tabbedFrom ??= at.col;
    if (!editing) return false; // the grid's own move
    const last = this.selection.columns.length - 1;
    let { row, col } = { row: at.row, col: at.col + (e.shiftKey ? -1 : 1) };
    if (col > last) ({ row, col } = { row: row + 1, col: 0 });
    if (col < 0) ({ row, col } = { row: row - 1, col: last });
    const inside = row >= 0 && row < this.rowCount();
    return this.go(e, inside ? { row, col } : at);
  }
  private enter(e: KeyboardEvent, at: Place): boolean {
    const col = this.tabbedFrom;
    this.tabbedFrom = null;
    if (col === null) return false; // the grid goes a row down
    return this.go(e, { row: Math.min(at.row + 1, this.rowCount() - 1), col });
  }
  private go(e: KeyboardEvent, to: Place): boolean {
    const api = this.api();
    const column = this.selection.columnId(to.col);
    api.stopEditing();
    if (column) {
      api.ensureIndexVisible(to.row);
      api.ensureColumnVisible(column);
      api.setFocusedCell(to.row, column);
    }
    e.preventDefault();
    return true;
  }
}
