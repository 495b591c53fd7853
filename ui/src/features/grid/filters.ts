import type { CellValue, Column, ColumnType, Condition, Filter, FilterOp } from '@/api/types';

export interface OpInfo {
  op: FilterOp;
  label: string;
  /** What the value is entered with. */
  input: 'none' | 'value' | 'range' | 'list' | 'texts' | 'period' | 'state';
}

const all = {
  is: { op: 'is', label: 'is', input: 'value' },
  isNot: { op: 'is_not', label: 'is not', input: 'value' },
  contains: { op: 'contains', label: 'contains', input: 'value' },
  containsAny: { op: 'contains_any', label: 'contains any of', input: 'texts' },
  has: { op: 'contains', label: 'has', input: 'value' },
  hasAny: { op: 'in', label: 'has any of', input: 'list' },
  hasNot: { op: 'not_contains', label: 'does not have', input: 'value' },
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
  inTexts: { op: 'in', label: 'is any of', input: 'texts' },
  before: { op: 'lt', label: 'is before', input: 'value' },
  until: { op: 'lte', label: 'is on or before', input: 'value' },
  after: { op: 'gt', label: 'is after', input: 'value' },
  from: { op: 'gte', label: 'is on or after', input: 'value' },
  relative: { op: 'relative', label: 'is within', input: 'period' },
  state: { op: 'state', label: 'enrichment state is', input: 'state' },
} satisfies Record<string, OpInfo>;
type Name = keyof typeof all;

const TEXT: Name[] = [
  'contains',
  'containsAny',
  'notContains',
  'is',
  'isNot',
  'inTexts',
  'starts',
  'ends',
  'empty',
  'notEmpty',
];
const NUMBER: Name[] = ['is', 'isNot', 'gt', 'gte', 'lt', 'lte', 'between', 'inTexts', 'empty', 'notEmpty'];
const DATE: Name[] = ['is', 'isNot', 'relative', 'before', 'until', 'after', 'from', 'between', 'empty', 'notEmpty'];
const PERSON: Name[] = ['is', 'isNot', 'inTexts', 'empty', 'notEmpty'];

function forType(type: ColumnType): Name[] {
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
      return ['is', 'isNot', 'empty', 'notEmpty'];
    case 'select':
      return ['is', 'isNot', 'in', 'contains', 'containsAny', 'empty', 'notEmpty'];
    case 'multi_select':
      return ['has', 'hasAny', 'hasNot', 'empty', 'notEmpty'];
    case 'json':
      return ['contains', 'containsAny', 'notContains', 'empty', 'notEmpty'];
    case 'row_id':
      return ['is', 'isNot', 'inTexts'];
    case 'user':
    case 'created_by':
    case 'updated_by':
      return PERSON;
    default:
      return TEXT;
  }
}
export function opsFor(column: Column): OpInfo[] {
  const names: Name[] = column.kind === 'enrichment' ? [...forType(column.type), 'state'] : forType(column.type);
  return names.map((n) => all[n]);
}
/** How a condition's operator is called and its value entered. */
export function infoOf(column: Column, condition: Condition): OpInfo | undefined {
  const infos = opsFor(column);
  return infos.find((o) => o.op === condition.op) ?? infos[0];
}

/** A condition to begin with. */
export function conditionOf(column: Column, { op, input }: OpInfo): Condition {
  switch (input) {
    case 'none':
      return { column: column.id, op };
    case 'range':
      return { column: column.id, op, value: ['', ''] };
    case 'list':
    case 'texts':
      return { column: column.id, op, value: [] };
    case 'period':
      return { column: column.id, op, value: { this: 'month' } };
    case 'state':
      return { column: column.id, op, value: 'error' };
    default:
      return { column: column.id, op, value: column.type === 'boolean' ? true : '' };
  }
}
export function firstCondition(column: Column): Condition {
  return conditionOf(column, opsFor(column)[0] ?? all.is);
}

export function isCondition(filter: Filter): filter is Condition {
  return 'column' in filter;
}

/** Whether the server takes the condition. */
export function isComplete(c: Condition): boolean {
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
