import type { CellValue } from '@/api/types';

export type PeriodUnit = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';
/** A stretch of time relative to now, as the API takes it: the last or next N units, or the unit that now is in. */
export type Period = { last: number; unit: PeriodUnit } | { next: number; unit: PeriodUnit } | { this: PeriodUnit };

export function isPeriod(value: CellValue | undefined): value is Period & Record<string, CellValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MONTHS: Partial<Record<PeriodUnit, number>> = { month: 1, quarter: 3, year: 12 };

/** The time of a clock on the wall, as UTC, so that days are counted without regard to zones. */
const wall = (local: string): Date => new Date(`${local.slice(0, 19)}Z`);
const written = (d: Date, wholeDays: boolean): string => d.toISOString().slice(0, wholeDays ? 10 : 19);

/**
 * The period's ends as times on the wall: from is in it, to is not. The last N days of dates end with today and the next N begin with
 * it, as on the server (domain/table/period.go).
 */
export function boundsOf(period: Period, localNow: string, wholeDays: boolean): { from: string; to: string } {
  const now = wall(localNow);
  const day = new Date(now);
  day.setUTCHours(0, 0, 0, 0);
  let from: Date;
  let to: Date;
  if ('this' in period) {
    from = start(period.this, now, day);
    to = shift(from, 1, period.this);
  } else if ('last' in period) {
    from = shift(wholeDays ? day : now, -period.last, period.unit);
    to = wholeDays ? shift(day, 1, 'day') : new Date(now.getTime() + 1000);
  } else {
    from = wholeDays ? day : now;
    to = shift(from, period.next, period.unit);
    to = wholeDays ? shift(to, 1, 'day') : new Date(to.getTime() + 1000);
  }
  return { from: written(from, wholeDays), to: written(to, wholeDays) };
}

function start(unit: PeriodUnit, now: Date, day: Date): Date {
  const at = new Date(day);
  switch (unit) {
    case 'hour':
      at.setUTCHours(now.getUTCHours());
      return at;
    case 'week': // begins on Monday (ISO 8601)
      return shift(day, -((day.getUTCDay() + 6) % 7), 'day');
    case 'month':
      at.setUTCDate(1);
      return at;
    case 'quarter':
      at.setUTCMonth(day.getUTCMonth() - (day.getUTCMonth() % 3), 1);
      return at;
    case 'year':
      at.setUTCMonth(0, 1);
      return at;
    default:
      return at;
  }
}

function shift(d: Date, n: number, unit: PeriodUnit): Date {
  const at = new Date(d);
  const months = MONTHS[unit];
  if (unit === 'hour') at.setUTCHours(at.getUTCHours() + n);
  else if (months) at.setUTCMonth(at.getUTCMonth() + n * months);
  else at.setUTCDate(at.getUTCDate() + n * (unit === 'week' ? 7 : 1));
  return at;
}
