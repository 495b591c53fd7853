import type { CellState, CellValue, Column, ColumnType, Row } from '@/api/types';

export type { CellState, CellStateName, CellValue, Column, ColumnType, Row, SelectOption } from '@/api/types';

/** A row as the grid holds it: one mutable object per row, shared by the cache and AG Grid. */
export interface GridRow {
  readonly id: string;
  cells: Record<string, CellValue>;
  states: Record<string, CellState>;
  /** Position of the last change seen per column; older patches and windows don't overwrite newer cells. */
  positions: Record<string, number>;
  /** Edits under way per column, with the server's value under them. */
  pending: Record<string, { count: number; base: CellValue }>;
  version: number;
  /** The log position as of which the row was read. */
  read: number;
  created_at: string;
  updated_at: string;
  group?: GroupLine | undefined;
  number?: number | undefined;
}

/** A row of the screen that stands for a group of rows; it has no cells of its own. */
export interface GroupLine {
  level: number;
  column: Column;
  value: CellValue;
  /** What stands for the value, where that is not the value itself: of dates, the month and the like. */
  label: string | null;
  count: number;
  open: boolean;
  /** By column id, as text. */
  aggregates: Record<string, string>;
}
/** A row as a source gives it: what the server has, and where it lies. */
export interface Line extends Row {
  group?: GroupLine | undefined;
  /** Its number among all rows, where groups make that another one than its line. */
  number?: number | undefined;
}
const GROUP = 'group:';
export const groupId = (path: string): string => GROUP + path;
export const isGroupId = (id: string): boolean => id.startsWith(GROUP);

export interface CellChange {
  rowId: string;
  columnId: string;
  value: CellValue;
  /** The log position as of which the cell was seen. */
  base?: number;
}

const READ_ONLY: ReadonlySet<ColumnType> = new Set<ColumnType>([
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
  'row_id',
]);
const NUMERIC: ReadonlySet<ColumnType> = new Set<ColumnType>(['number', 'currency', 'percent']);

/** A column whose cells are made of others, by a formula or a lookup. */
export function isComputed(column: Column): boolean {
  return column.kind === 'formula' || column.kind === 'lookup';
}
export function isReadOnly(column: Column): boolean {
  return READ_ONLY.has(column.type) || isComputed(column);
}
export function isNumeric(type: ColumnType): boolean {
  return NUMERIC.has(type);
}

/** The value of a cell; the read-only types come from the row itself. */
export function cellOf(row: GridRow, column: Column): CellValue {
  if (column.type === 'row_id') return row.id;
  if (column.type === 'created_at') return row.cells[column.id] ?? row.created_at;
  if (column.type === 'updated_at') return row.cells[column.id] ?? row.updated_at;
  return row.cells[column.id] ?? null;
}

export function toGridRow(row: Line): GridRow {
  return {
    id: row.id,
    cells: { ...row.cells },
    states: { ...(row.states ?? {}) },
    positions: {},
    pending: {},
    version: row.version,
    read: 0,
    created_at: row.created_at,
    updated_at: row.updated_at,
    group: row.group,
    number: row.number,
  };
}

export function sameValue(a: CellValue, b: CellValue): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
