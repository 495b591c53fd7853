import type { Decimal, Matrix } from './clipboard';
import type { CellValue, Column } from './model';
import { isReadOnly } from './model';
import type { Place, Rect } from './range';
import { readText } from './cell-text';
import { pasteReader, type Parsed } from './values';

/** The most cells that one paste may hold. */
export const MAX_PASTE_CELLS = 50_000;

export interface PlannedEdit {
  row: number;
  columnId: string;
  value: CellValue;
}
export interface PastePlan {
  edits: PlannedEdit[];
  /** Cells of the rows that don't exist yet, by column id or (for new columns) by `new:<n>`. */
  newRows: Record<string, CellValue>[];
  newColumns: number;
  /** Cells of existing rows in columns that don't exist yet. */
  overflow: { row: number; newColumn: number; value: CellValue }[];
  newOptions: Map<string, Set<string>>;
  problems: { row: number; column: string; reason: string }[];
  skippedReadOnly: number;
  area: Rect;
}

/** A paste smaller than the selected range repeats to fill it, as in a spreadsheet, when it fits a whole number of times. */
export function tile(matrix: Matrix, rect: Rect): Matrix {
  const height = rect.bottom - rect.top + 1;
  const width = rect.right - rect.left + 1;
  const rows = matrix.length;
  const cols = matrix[0]?.length ?? 0;
  if (rows === 0 || cols === 0 || height % rows !== 0 || width % cols !== 0) return matrix;
  if (height * width > MAX_PASTE_CELLS) return matrix;
  return Array.from({ length: height }, (_, r) =>
    Array.from({ length: width }, (_, c) => matrix[r % rows]?.[c % cols] ?? ''),
  );
}

/** Decides what a paste does, without doing it: edits, rows and columns to add, values that don't fit their column. */
export function planPaste(
  matrix: Matrix,
  at: Place,
  columns: readonly Column[],
  rowCount: number,
  decimals: readonly Decimal[] = [],
): PastePlan {
  const width = matrix[0]?.length ?? 0;
  const plan: PastePlan = {
    edits: [],
    newRows: [],
    newColumns: Math.max(0, at.col + width - columns.length),
    overflow: [],
    newOptions: new Map(),
    problems: [],
    skippedReadOnly: 0,
    area: { top: at.row, left: at.col, bottom: at.row + matrix.length - 1, right: at.col + width - 1 },
  };
  const readers = columns.slice(at.col, at.col + width).map((column, c) =>
    pasteReader(
      column,
      matrix.map((line) => line[c] ?? ''),
      decimals[c % decimals.length],
    ),
  );
  matrix.forEach((line, r) => {
    const row = at.row + r;
    const added = row >= rowCount ? (plan.newRows[row - rowCount] ??= {}) : null;
    line.forEach((text, c) => place(plan, columns, { row, col: at.col + c }, text, added, readers[c]));
  });
  return plan;
}

function place(
  plan: PastePlan,
  columns: readonly Column[],
  at: Place,
  text: string,
  added: Record<string, CellValue> | null,
  read?: (text: string) => Parsed,
): void {
  const column = columns[at.col];
  if (!column || !read) {
    const value = text === '' ? null : text;
    const newColumn = at.col - columns.length;
    if (value === null) return;
    if (added) added[`new:${newColumn}`] = value;
    else plan.overflow.push({ row: at.row, newColumn, value });
    return;
  }
  if (isReadOnly(column)) {
    plan.skippedReadOnly++;
    return;
  }
  const parsed = readText(column, text, read);
  if (!parsed.ok) {
    plan.problems.push({ row: at.row, column: column.name, reason: parsed.reason });
    return;
  }
  for (const option of parsed.newOptions ?? []) {
    const options = plan.newOptions.get(column.id) ?? new Set<string>();
    options.add(option);
    plan.newOptions.set(column.id, options);
  }
  if (added) {
    if (parsed.value !== null) added[column.id] = parsed.value;
  } else {
    plan.edits.push({ row: at.row, columnId: column.id, value: parsed.value });
  }
}

export function chunked<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}
