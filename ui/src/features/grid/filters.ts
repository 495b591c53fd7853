import type { CellValue, Column, ColumnType, Condition, Filter, FilterOp } from '@/api/types';

export interface OpInfo {
  op: FilterOp;
  label: string;
  /** What the value is entered with. */
  input: 'none' | 'value' | 'range' | 'list' | 'days' | 'state';
}

const all: Record<string, OpInfo> = {
  is: { op: 'is', label: 'is', input: 'value' },
  isNot: { op: 'is_not', label: 'is not', input: 'value' },
  contains: { op: 'contains', label: 'contains', input: 'value' },
  notContains: { op: 'not_contains', label: 'does not contain', input: 'value' },
  starts: { op: 'starts_with', label: 'starts with', input: 'value' },
  ends: { op: 'ends_with', label: 'ends with', input: 'value' },
  empty: { op: 'empty', label: 'is empty', input: 'none' },
  notEmpty: { op: 'not_empty', label: 'is not empty', input: 'none' },
  lt: { op: 'lt', label: '<', input: 'value' },
  lte: { op: 'lte', label: '≤', input: 'value' },
  gt: { op: 'gt', label: '>', input: 'value' },
  gte: { op: 'gte', label: '≥', input: 'value' },
  between: { op: 'between', label: 'is between', input: 'range' },
  in: { op: 'in', label: 'is any of', input: 'list' },
  before: { op: 'lt', label: 'is before', input: 'value' },
  after: { op: 'gt', label: 'is after', input: 'value' },
  relative: { op: 'relative', label: 'is in the last (days)', input: 'days' },
  state: { op: 'state', label: 'enrichment state is', input: 'state' },
};
function ops(...names: string[]): OpInfo[] {
  return names.flatMap((n) => all[n] ?? []);
}
const TEXT = ops('contains', 'notContains', 'is', 'isNot', 'starts', 'ends', 'empty', 'notEmpty');
const NUMBER = ops('is', 'isNot', 'gt', 'gte', 'lt', 'lte', 'between', 'empty', 'notEmpty');
const DATE = ops('is', 'before', 'after', 'between', 'relative', 'empty', 'notEmpty');

function forType(type: ColumnType): OpInfo[] {
  switch (type) {
    case 'number':
    case 'currency':
    case 'percent':
      return NUMBER;
    case 'date':
    case 'datetime':
    case 'created_at':
    case 'updated_at':
      return DATE;
    case 'boolean':
      return ops('is');
    case 'select':
      return ops('is', 'isNot', 'in', 'empty', 'notEmpty');
    case 'multi_select':
      return ops('contains', 'notContains', 'empty', 'notEmpty');
    case 'json':
      return ops('empty', 'notEmpty');
    default:
      return TEXT;
  }
}
export function opsFor(column: Column): OpInfo[] {
  return column.kind === 'enrichment' ? [...forType(column.type), ...ops('state')] : forType(column.type);
}

export function isCondition(filter: Filter): filter is Condition {
  return 'column' in filter;
}

/** The filter as the editor shows it: one list of conditions joined by and/or. Deeper trees are kept but not edited. */
export interface FlatFilter {
  join: 'and' | 'or';
  conditions: Condition[];
}
export function flatten(filter: Filter | null): FlatFilter | null {
  if (!filter) return { join: 'and', conditions: [] };
  if (isCondition(filter)) return { join: 'and', conditions: [filter] };
  const join = 'and' in filter ? 'and' : 'or';
  const list = 'and' in filter ? filter.and : filter.or;
  return list.every(isCondition) ? { join, conditions: list } : null;
}
export function unflatten(flat: FlatFilter): Filter | null {
  const complete = flat.conditions.filter(isComplete);
  if (complete.length === 0) return null;
  return flat.join === 'and' ? { and: complete } : { or: complete };
}
function isComplete(c: Condition): boolean {
  if (c.op === 'empty' || c.op === 'not_empty') return true;
  const filled = (v: CellValue | undefined): boolean => v !== undefined && v !== null && v !== '';
  if (Array.isArray(c.value)) return c.value.length > 0 && c.value.every(filled);
  return filled(c.value);
}
export function countConditions(filter: Filter | null): number {
  if (!filter) return 0;
  if (isCondition(filter)) return 1;
  return ('and' in filter ? filter.and : filter.or).reduce((n, f) => n + countConditions(f), 0);
}
/** Adds a condition to whatever filter there is. */
export function withCondition(filter: Filter | null, condition: Condition): Filter {
  if (!filter) return { and: [condition] };
  if (!isCondition(filter) && 'and' in filter) return { and: [...filter.and, condition] };
  return { and: [filter, condition] };
}
