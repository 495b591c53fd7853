import type { CellValue, Column, Condition, Filter } from '@/api/types';
import { cellOf, isNumeric, type GridRow } from '@/grid/model';
import { momentIn } from '@/grid/typed/times';
import { workspaceZone } from '@/grid/typed/zone';
import { fold } from '@/lib/fold';
import { isCondition } from './filters';
import { boundsOf, isPeriod } from './period';

/** Texts are told apart in order by so many characters, as on the server. */
const KEY_CHARS = 200;

/** Whether a row of the screen meets a filter, as the server would say (domain/table/testdata/filters.json holds both to it). */
export function matches(filter: Filter, row: GridRow, columns: ReadonlyMap<string, Column>, now = Date.now()): boolean {
  if (!isCondition(filter)) {
    if ('and' in filter) return filter.and.every((f) => matches(f, row, columns, now));
    return filter.or.length === 0 || filter.or.some((f) => matches(f, row, columns, now));
  }
  const column = columns.get(filter.column);
  return column !== undefined && holds(filter, column, row, now);
}

function holds(c: Condition, column: Column, row: GridRow, now: number): boolean {
  const cell = cellOf(row, column);
  const empty = cell === null || cell === '';
  const value = c.value ?? null;
  switch (c.op) {
    case 'empty':
      return empty;
    case 'not_empty':
      return !empty;
    case 'state':
      return inState(row.states[column.id]?.state, empty, value);
    case 'is_not':
      return empty || !same(column, cell, value);
    case 'not_contains':
      return empty || !contains(column, cell, value);
    default:
      return !empty && holdsOf(c.op, column, cell, value, now);
  }
}

/** The operators that an empty cell never meets. */
function holdsOf(op: Condition['op'], column: Column, cell: CellValue, value: CellValue, now: number): boolean {
  const list = Array.isArray(value) ? value : [];
  switch (op) {
    case 'is':
      return same(column, cell, value);
    case 'in':
      return list.some((v) => (column.type === 'multi_select' ? contains(column, cell, v) : same(column, cell, v)));
    case 'contains':
      return contains(column, cell, value);
    case 'contains_any':
      return list.some((v) => contains(column, cell, v));
    case 'starts_with':
      return folded(cell).startsWith(folded(value));
    case 'ends_with':
      return folded(cell).endsWith(folded(value));
    case 'lt':
      return compare(column, cell, value) < 0;
    case 'lte':
      return compare(column, cell, value) <= 0;
    case 'gt':
      return compare(column, cell, value) > 0;
    case 'gte':
      return compare(column, cell, value) >= 0;
    case 'between':
      return compare(column, cell, list[0] ?? null) >= 0 && compare(column, cell, list[1] ?? null) <= 0;
    case 'relative':
      return within(column, cell, value, now);
    default:
      return false;
  }
}

function inState(state: string | undefined, empty: boolean, wanted: CellValue): boolean {
  if (wanted === 'value') return !empty && state === undefined;
  if (wanted === 'empty') return empty && state === undefined;
  return state === wanted;
}

const text = (v: CellValue): string => (typeof v === 'string' ? v : v === null ? '' : JSON.stringify(v));
const folded = (v: CellValue): string => fold(text(v));

function same(column: Column, a: CellValue, b: CellValue): boolean {
  if (column.type === 'multi_select' || column.type === 'json') return JSON.stringify(a) === JSON.stringify(b);
  if (column.type === 'boolean') return a === b;
  if (isNumeric(column.type) || isMoment(column)) return compare(column, a, b) === 0;
  return column.type === 'date' ? text(a) === text(b) : folded(a) === folded(b);
}

function contains(column: Column, cell: CellValue, part: CellValue): boolean {
  if (column.type === 'multi_select') return Array.isArray(cell) && cell.includes(part);
  return folded(cell).includes(folded(part));
}

const MOMENTS: ReadonlySet<Column['type']> = new Set(['datetime', 'created_at', 'updated_at']);
const isMoment = (column: Column): boolean => MOMENTS.has(column.type);

/** Orders two values that are not empty. */
function compare(column: Column, a: CellValue, b: CellValue): number {
  if (isNumeric(column.type)) return compareDecimals(text(a), text(b));
  if (isMoment(column)) return Date.parse(text(a)) - Date.parse(text(b));
  const key = (v: CellValue): string =>
    column.type === 'date' ? text(v) : Array.from(folded(v)).slice(0, KEY_CHARS).join('');
  return byCodePoint(key(a), key(b));
}

/** As Postgres orders bytes of UTF-8. */
function byCodePoint(a: string, b: string): number {
  const x = Array.from(a);
  const y = Array.from(b);
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const d = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (d !== 0) return d;
  }
  return x.length - y.length;
}

/** Compares decimals exactly, whatever their length. */
export function compareDecimals(a: string, b: string): number {
  const places = Math.max(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0);
  const scaled = (s: string): bigint | null => {
    const m = /^(-?)(\d+)(?:\.(\d+))?$/.exec(s);
    return m ? BigInt(`${m[1] ?? ''}${m[2] ?? ''}${(m[3] ?? '').padEnd(places, '0')}`) : null;
  };
  const x = scaled(a);
  const y = scaled(b);
  if (x === null || y === null) return Number(a) - Number(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

function within(column: Column, cell: CellValue, value: CellValue, now: number): boolean {
  if (!isPeriod(value)) return false;
  const zone = workspaceZone();
  const { from, to } = boundsOf(value, momentIn(now, zone), column.type === 'date');
  const at = column.type === 'date' ? text(cell) : momentIn(Date.parse(text(cell)), zone).slice(0, 19);
  return at >= from && at < to;
}
