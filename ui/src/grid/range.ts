/** A cell by its place on the screen: row index in the current order, column index among the shown data columns. */
export interface Place {
  row: number;
  col: number;
}
export interface Rect {
  top: number;
  bottom: number;
  left: number;
  right: number;
}
export interface Range {
  anchor: Place;
  head: Place;
}

export function rectOf(range: Range): Rect {
  return {
    top: Math.min(range.anchor.row, range.head.row),
    bottom: Math.max(range.anchor.row, range.head.row),
    left: Math.min(range.anchor.col, range.head.col),
    right: Math.max(range.anchor.col, range.head.col),
  };
}
export function single(place: Place): Range {
  return { anchor: place, head: place };
}
export function extend(range: Range, head: Place): Range {
  return { anchor: range.anchor, head };
}
export function contains(rect: Rect, row: number, col: number): boolean {
  return row >= rect.top && row <= rect.bottom && col >= rect.left && col <= rect.right;
}
export function cellsIn(rect: Rect): number {
  return (rect.bottom - rect.top + 1) * (rect.right - rect.left + 1);
}
export function clamp(place: Place, rows: number, cols: number): Place {
  return {
    row: Math.max(0, Math.min(rows - 1, place.row)),
    col: Math.max(0, Math.min(cols - 1, place.col)),
  };
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/** Moves a place one step, or to the edge of the grid. */
export function step(place: Place, direction: Direction, rows: number, cols: number, toEdge = false): Place {
  const by = toEdge ? Math.max(rows, cols) : 1;
  const moved = {
    row: place.row + (direction === 'down' ? by : direction === 'up' ? -by : 0),
    col: place.col + (direction === 'right' ? by : direction === 'left' ? -by : 0),
  };
  return clamp(moved, rows, cols);
}

/**
 * Goes to the end of the values in a row or column as spreadsheets do: within values to the last before a gap, from a gap or its edge
 * to the next value, else to the edge of the table. A cell that is not loaded counts as the edge's way: the jump goes on to the edge.
 */
export function jump(
  place: Place,
  direction: Direction,
  rows: number,
  cols: number,
  filled: (place: Place) => boolean | undefined,
): Place {
  const edge = step(place, direction, rows, cols, true);
  const at = (p: Place): boolean => p.row === edge.row && p.col === edge.col;
  if (at(place)) return edge;
  let next = step(place, direction, rows, cols);
  const within = filled(place) === true && filled(next) === true;
  for (let now = place; ; now = next, next = step(next, direction, rows, cols)) {
    const value = filled(next);
    if (value === undefined) return edge;
    if (within && !value) return now;
    if (!within && value) return next;
    if (at(next)) return next;
  }
}

/** The sides of the range that run along a cell: classes for its borders. */
export function edges(rect: Rect, row: number, col: number): string[] {
  if (!contains(rect, row, col)) return [];
  const names = ['mk-range'];
  if (row === rect.top) names.push('mk-range-t');
  if (row === rect.bottom) names.push('mk-range-b');
  if (col === rect.left) names.push('mk-range-l');
  if (col === rect.right) names.push('mk-range-r');
  return names;
}

/** Where a fill handle dragged to a place takes the range: along the longer way out of it. */
export function fillTarget(rect: Rect, to: Place): { rect: Rect; direction: Direction } | null {
  const down = to.row - rect.bottom;
  const up = rect.top - to.row;
  const right = to.col - rect.right;
  const left = rect.left - to.col;
  const most = Math.max(down, up, right, left);
  if (most <= 0) return null;
  if (most === down) return { rect: { ...rect, top: rect.bottom + 1, bottom: to.row }, direction: 'down' };
  if (most === up) return { rect: { ...rect, top: to.row, bottom: rect.top - 1 }, direction: 'up' };
  if (most === right) return { rect: { ...rect, left: rect.right + 1, right: to.col }, direction: 'right' };
  return { rect: { ...rect, left: to.col, right: rect.left - 1 }, direction: 'left' };
}
