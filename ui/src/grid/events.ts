import type { PastePlan } from './paste-plan';
import type { CellValue, Line } from './model';
import type { ChangeResult, Outcome } from './edit-queue';
import type { EditBatch, EditStore, HeldEdit } from './edit-store';
import type { Rect } from './range';

export interface Anchor {
  left: number;
  right: number;
  top: number;
  bottom: number;
}
export interface ColumnLayout {
  id: string;
  hidden: boolean;
  width?: number;
  pinned: boolean;
}
export interface Selection {
  rect: Rect | null;
  cells: number;
  numbers: number;
  sum: number | null;
  avg: number | null;
  min: number | null;
  max: number | null;
  /** False where rows of the range are not loaded, or are too many: then nothing is summed here. */
  complete: boolean;
}
export interface RowInsert {
  cells: Record<string, CellValue>;
}

/** The data behind the grid; the feature implements it over HTTP. */
export interface GridSource {
  window(offset: number, limit: number): Promise<{ rows: Line[]; position: number }>;
  send(batch: EditBatch): Promise<{ position: number; results?: ChangeResult[] | undefined }>;
  classify(error: unknown): Outcome;
  edits(): EditStore;
  insertRows(rows: RowInsert[], createOptions: boolean, gesture: string): Promise<{ ids: string[]; position: number }>;
  addColumns(count: number, gesture: string): Promise<string[]>;
}

/** What the grid tells its page. */
export interface GridEvents {
  columnMenu(columnId: string, anchor: Anchor): void;
  renameColumn(columnId: string): void;
  rowMenu(rowId: string, at: { x: number; y: number }): void;
  addColumn(anchor: Anchor): void;
  openRow(rowId: string): void;
  /** What is said about a cell. */
  comment(rowId: string, columnId: string): void;
  /** Opens or closes a group. */
  toggleGroup(id: string): void;
  /** The row on a page of its own. */
  openRowPage(rowId: string): void;
  expandCell(rowId: string, columnId: string, anchor: Anchor): void;
  hover(target: { rowId: string; columnId: string; anchor: Anchor } | null): void;
  layout(columns: ColumnLayout[]): void;
  /** Rows for a table that has none; false when they are to be pasted like any other cells. */
  pasteTable(text: string): boolean;
  confirmPaste(plan: PastePlan, cells: number): Promise<boolean>;
  /** Edits that the server doesn't have and that their person must decide about. */
  held(edits: readonly HeldEdit[]): void;
  failed(error: unknown): void;
  notice(kind: 'info' | 'success' | 'error', text: string): void;
  command(name: 'find' | 'replace' | 'quick-search' | 'insert-row'): void;
  deleteRows(rowIds: string[]): void;
  contextMenu(rowId: string, columnId: string, at: { x: number; y: number }): void;
}
