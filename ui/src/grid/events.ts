import type { PastePlan } from './paste-plan';
import type { CellChange, CellValue, Row } from './model';
import type { EditBatch, Outcome } from './edit-queue';
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
}
export interface RowInsert {
  cells: Record<string, CellValue>;
}

/** The data behind the grid; the feature implements it over HTTP. */
export interface GridSource {
  window(offset: number, limit: number): Promise<{ rows: Row[]; position: number }>;
  send(batch: EditBatch): Promise<number>;
  classify(error: unknown): Outcome;
  store(batches: EditBatch[]): void;
  load(): EditBatch[];
  insertRows(rows: RowInsert[], createOptions: boolean): Promise<{ ids: string[]; position: number }>;
  addColumns(count: number): Promise<string[]>;
}

/** What the grid tells its page. */
export interface GridEvents {
  columnMenu(columnId: string, anchor: Anchor): void;
  addColumn(anchor: Anchor): void;
  openRow(rowId: string): void;
  expandCell(rowId: string, columnId: string, anchor: Anchor): void;
  hover(target: { rowId: string; columnId: string; anchor: Anchor } | null): void;
  layout(columns: ColumnLayout[]): void;
  confirmPaste(plan: PastePlan, cells: number): Promise<boolean>;
  /** Steps that one gesture made, so that one undo takes all of them back. */
  grouped(positions: number[]): void;
  refused(changes: CellChange[], error: unknown): void;
  notice(kind: 'info' | 'success' | 'error', text: string): void;
  command(name: 'undo' | 'redo' | 'find' | 'delete-rows' | 'insert-row'): void;
  contextMenu(rowId: string, columnId: string, at: { x: number; y: number }): void;
}
