import type { CellValue, Condition, Filter, Row } from '../../api/types.ts';
import { Fault } from './http.ts';
import type { MockTable } from './state.ts';

const text = (v: CellValue | undefined): string =>
  v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);
const low = (v: CellValue | undefined): string => text(v).toLowerCase();
const isEmpty = (v: CellValue | undefined): boolean =>
  v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0);

function compare(a: CellValue | undefined, b: CellValue | undefined): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b);
  return text(a).localeCompare(text(b));
}

function test(row: Row, c: Condition): boolean {
  const v = row.cells[c.column] ?? null;
  switch (c.op) {
    case 'is':
      return low(v) === low(c.value) || (c.value === false && v === null);
    case 'is_not':
      return low(v) !== low(c.value);
    case 'contains':
      return low(v).includes(low(c.value));
    case 'contains_any':
      return Array.isArray(c.value) && c.value.some((x) => low(v).includes(low(x)));
    case 'not_contains':
      return !low(v).includes(low(c.value));
    case 'starts_with':
      return low(v).startsWith(low(c.value));
    case 'ends_with':
      return low(v).endsWith(low(c.value));
    case 'empty':
      return isEmpty(v);
    case 'not_empty':
      return !isEmpty(v);
    case 'lt':
      return !isEmpty(v) && compare(v, c.value) < 0;
    case 'lte':
      return !isEmpty(v) && compare(v, c.value) <= 0;
    case 'gt':
      return !isEmpty(v) && compare(v, c.value) > 0;
    case 'gte':
      return !isEmpty(v) && compare(v, c.value) >= 0;
    case 'between':
      return Array.isArray(c.value) && compare(v, c.value[0]) >= 0 && compare(v, c.value[1]) <= 0;
    case 'in':
      return Array.isArray(c.value) && c.value.some((x) => low(x) === low(v));
    case 'state':
      return (row.states?.[c.column]?.state ?? (isEmpty(v) ? 'empty' : 'value')) === c.value;
    case 'relative':
      return true;
  }
}
export function matches(row: Row, filter: Filter): boolean {
  if ('and' in filter) return filter.and.every((f) => matches(row, f));
  if ('or' in filter) return filter.or.some((f) => matches(row, f));
  return test(row, filter);
}

export function select(table: MockTable, query: URLSearchParams): Row[] {
  let rows = table.rows;
  const filter = query.get('filter');
  if (filter) {
    const parsed = JSON.parse(filter) as Filter;
    rows = rows.filter((r) => matches(r, parsed));
  }
  const q = query.get('q')?.toLowerCase();
  if (q) rows = rows.filter((r) => Object.values(r.cells).some((v) => low(v).includes(q)));
  const sort = query.get('sort');
  if (sort) {
    const keys = sort.split(',').map((k) => k.split(':'));
    rows = [...rows].sort((a, b) => {
      for (const [column = '', dir] of keys) {
        const x = a.cells[column];
        const y = b.cells[column];
        if (isEmpty(x) !== isEmpty(y)) return isEmpty(x) ? 1 : -1;
        const d = compare(x, y);
        if (d !== 0) return dir === 'desc' ? -d : d;
      }
      return 0;
    });
  }
  return rows;
}

export function checkValue(table: MockTable, columnId: string, value: CellValue, create: boolean, where: string): void {
  const column = table.columns.find((c) => c.id === columnId);
  if (!column)
    throw new Fault(422, 'UNKNOWN_COLUMN', 'there is no such column', [
      { field: where, message: 'there is no such column' },
    ]);
  const numeric = ['number', 'currency', 'percent'].includes(column.type);
  if (numeric && value !== null && !/^-?\d+(\.\d+)?$/.test(text(value))) {
    throw new Fault(422, 'VALIDATION_FAILED', 'a value does not fit its column', [
      { field: `${where} / ${column.name}`, message: 'is not a number' },
    ]);
  }
  if (column.type === 'email' && value !== null && !text(value).includes('@')) {
    throw new Fault(422, 'VALIDATION_FAILED', 'a value does not fit its column', [
      { field: `${where} / ${column.name}`, message: 'is not an email address' },
    ]);
  }
  const names =
    column.type === 'select'
      ? [text(value)]
      : column.type === 'multi_select' && Array.isArray(value)
        ? value.map(text)
        : [];
  for (const name of names) {
    if (value === null || column.options?.some((o) => o.name === name)) continue;
    if (!create)
      throw new Fault(422, 'UNKNOWN_OPTION', `“${name}” is not an option`, [
        { field: where, message: 'unknown option' },
      ]);
    column.options = [...(column.options ?? []), { id: `opt_${name}`, name }];
  }
}
