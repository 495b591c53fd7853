import type { CellValue, Column, Condition, Filter, View } from '@/api/types';
import { formatValue } from '@/grid/values';
import { infoOf, isCondition } from './filters';
import { isPeriod, type Period } from './period';

/** What a view does, in a few words each; a part that it hasn't is absent. */
export interface ViewSummary {
  filter?: string;
  sort?: string;
  groups?: string;
  hidden?: number;
}

export function summaryOf(view: View, columns: readonly Column[]): ViewSummary {
  const name = (id: string): string => columns.find((c) => c.id === id)?.name ?? 'a deleted column';
  const filter = view.filter ? filterText(view.filter, columns) : '';
  const sort = (view.sort ?? []).map((s) => `${name(s.column)} ${s.dir === 'asc' ? '↑' : '↓'}`).join(', ');
  const groups = (view.groups ?? []).map((g) => name(g.column) + (g.unit ? ` by ${g.unit}` : '')).join(', ');
  const hidden = (view.columns ?? []).filter((c) => c.hidden && columns.some((x) => x.id === c.id)).length;
  return {
    ...(filter ? { filter } : {}),
    ...(sort ? { sort } : {}),
    ...(groups ? { groups } : {}),
    ...(hidden ? { hidden } : {}),
  };
}

/** The filter as a sentence: groups within groups stand in brackets. */
export function filterText(filter: Filter, columns: readonly Column[], inner = false): string {
  if (isCondition(filter)) return conditionText(filter, columns);
  const and = 'and' in filter;
  const parts = (and ? filter.and : filter.or).map((f) => filterText(f, columns, true)).filter(Boolean);
  const text = parts.join(and ? ' and ' : ' or ');
  return inner && parts.length > 1 ? `(${text})` : text;
}

function conditionText(c: Condition, columns: readonly Column[]): string {
  const column = columns.find((x) => x.id === c.column);
  if (!column) return 'a deleted column';
  const info = infoOf(column, c);
  const value = info?.input === 'none' ? '' : valueText(column, c.value ?? null, info?.input === 'range');
  return [column.name, info?.label ?? c.op, value].filter(Boolean).join(' ');
}

function periodText(p: Period): string {
  if ('this' in p) return `this ${p.this}`;
  const [word, n] = 'last' in p ? ['last', p.last] : ['next', p.next];
  return `the ${word} ${String(n)} ${p.unit}${n === 1 ? '' : 's'}`;
}

const MOST = 3;

function valueText(column: Column, value: CellValue, range: boolean): string {
  if (isPeriod(value)) return periodText(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST).map((v) => valueText(column, v, false));
    return shown.join(range ? ' and ' : ', ') + (value.length > MOST ? ` and ${String(value.length - MOST)} more` : '');
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return formatValue(column, value);
}
