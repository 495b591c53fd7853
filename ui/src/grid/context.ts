import type { Observable } from '@/lib/emitter';
import type { HeldEdit } from './edit-store';
import type { Anchor } from './events';
import type { CellValue, Column, GridRow } from './model';

/** What renderers, editors and headers may ask of the grid; handed over as AG Grid's context. */
export interface GridContext {
  column(id: string): Column | undefined;
  /** Classes of the selected range for a cell. */
  rangeClasses(rowIndex: number, columnId: string): string[];
  /** The edit of a cell that waits for its person. */
  held(rowId: string, columnId: string): HeldEdit | undefined;
  isChecked(rowId: string): boolean;
  toggleChecked(rowId: string, rowIndex: number, extend: boolean): void;
  setAllChecked(checked: boolean): void;
  allChecked(): boolean;
  setCell(row: GridRow, column: Column, value: CellValue): void;
  canEdit(): boolean;
  openRow(rowId: string): void;
  toggleGroup(id: string): void;
  /** Whether the column is the first one of the screen, in which a group has its name. */
  isFirst(columnId: string): boolean;
  renameColumn(columnId: string): void;
  openColumnMenu(columnId: string, anchor: Anchor): void;
  selectColumn(columnId: string, extend: boolean): void;
  addColumn(anchor: Anchor): void;
  /** The soft colour that the view's rules give a cell. */
  colourOf(row: GridRow, column: Column): string | null;
  /** How far the run of a column is, by its id. */
  progress: Observable<ReadonlyMap<string, number>>;
  sortOf(columnId: string): { dir: 'asc' | 'desc'; index: number; of: number } | null;
}
