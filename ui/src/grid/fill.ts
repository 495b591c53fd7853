import type { CellValue } from './model';

const DAY = 86_400_000;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Continues a row or column of values: two or more numbers or dates with one step go on with that step, everything else
 * repeats. `backwards` continues before the first value (the handle was dragged up or left).
 */
export function continueSeries(source: readonly CellValue[], count: number, backwards = false): CellValue[] {
  if (source.length === 0) return Array<CellValue>(count).fill(null);
  const ordered = backwards ? [...source].reverse() : source;
  const next = numberSeries(ordered) ?? dateSeries(ordered) ?? ((i: number) => ordered[i % ordered.length] ?? null);
  const out = Array.from({ length: count }, (_, i) => next(i));
  return backwards ? out.reverse() : out;
}

type Next = (i: number) => CellValue;

function numberSeries(source: readonly CellValue[]): Next | null {
  if (source.length < 2 || !source.every((v) => typeof v === 'number')) return null;
  const delta = stepOf(source);
  const last = source.at(-1);
  if (delta === null || last === undefined) return null;
  const decimals = Math.max(...source.map(fraction));
  return (i) => Number((last + delta * (i + 1)).toFixed(decimals));
}

function dateSeries(source: readonly CellValue[]): Next | null {
  if (source.length < 2 || !source.every((v): v is string => typeof v === 'string' && ISO_DATE.test(v))) return null;
  const days = source.map((v) => Date.parse(`${v}T00:00:00Z`) / DAY);
  const delta = stepOf(days);
  const last = days.at(-1);
  if (delta === null || last === undefined) return null;
  return (i) => new Date((last + delta * (i + 1)) * DAY).toISOString().slice(0, 10);
}

function stepOf(values: readonly number[]): number | null {
  const delta = (values[1] ?? 0) - (values[0] ?? 0);
  for (let i = 2; i < values.length; i++) {
    if (Math.abs((values[i] ?? 0) - (values[i - 1] ?? 0) - delta) > 1e-9) return null;
  }
  return delta;
}

function fraction(n: number): number {
  const text = String(n);
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : Math.min(20, text.length - dot - 1);
}
