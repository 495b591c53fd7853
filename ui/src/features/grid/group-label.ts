import type { CellValue, Column, GroupUnit } from '@/api/types';
import { formatValue } from '@/grid/values';

const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });

const DATED: ReadonlySet<Column['type']> = new Set(['date', 'datetime', 'created_at', 'updated_at']);
export const isDated = (column: Column): boolean => DATED.has(column.type);
export const isGroupable = (column: Column): boolean => column.type !== 'json' && column.type !== 'row_id';

/** What a group is called where that is not its value itself; null where it is. The value of dates is the group's first day. */
export function groupLabel(column: Column, unit: GroupUnit | undefined, value: CellValue): string | null {
  if (value === null) return null;
  if (column.type === 'boolean') return value === true ? 'Checked' : 'Not checked';
  if (!isDated(column) || typeof value !== 'string') return null;
  const [year = '', number = '1'] = value.split('-');
  const day = (): string => formatValue({ ...column, type: 'date' }, value);
  switch (unit) {
    case 'year':
      return year;
    case 'quarter':
      return `Q${String(Math.ceil(Number(number) / 3))} ${year}`;
    case 'month':
      return month.format(new Date(`${value}T00:00:00Z`));
    case 'week':
      return `Week of ${day()}`;
    default:
      return day();
  }
}
