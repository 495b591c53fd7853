import type { CellValue } from './model';

const DAY = 86_400_000;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Continues a row or column of values as spreadsheets do: numbers and dates with one step, month ends and years by the calendar,
 * `Item 1` by its number, names of days and months by their order. What is no series repeats. `backwards` continues before the
 * first value (the handle was dragged up or left).
 */
export function continueSeries(source: readonly CellValue[], count: number, backwards = false): CellValue[] {
  if (source.length === 0) return Array<CellValue>(count).fill(null);
  const ordered = backwards ? [...source].reverse() : source;
  const next =
    numberSeries(ordered) ??
    dateSeries(ordered, backwards) ??
    monthSeries(ordered, backwards) ??
    nameSeries(ordered, backwards) ??
    countedSeries(ordered, backwards) ??
    ((i: number) => ordered[i % ordered.length] ?? null);
  const out = Array.from({ length: count }, (_, i) => next(i));
  return backwards ? out.reverse() : out;
}

/** What a drag of the fill handle writes: a series where there is one, or, with Ctrl, copies instead; of one number, a series instead. */
export function fillValues(
  source: readonly CellValue[],
  count: number,
  o: { backwards?: boolean; toggled?: boolean } = {},
): CellValue[] {
  const { backwards = false, toggled = false } = o;
  if (!toggled) return continueSeries(source, count, backwards);
  const [only] = source;
  const number = source.length === 1 && only !== undefined ? decimal(only) : null;
  if (!number) return repeated(source, count, backwards);
  const one = 10n ** BigInt(number.scale);
  const text = pointAt(number.digits + (backwards ? one : -one), number.scale);
  const neighbour = typeof only === 'string' ? text : Number(text);
  return continueSeries(backwards ? [only ?? null, neighbour] : [neighbour, only ?? null], count, backwards);
}

/** The source over and over, so that it goes on beside itself. */
function repeated(source: readonly CellValue[], count: number, backwards: boolean): CellValue[] {
  if (source.length === 0) return Array<CellValue>(count).fill(null);
  const shift = backwards ? source.length - (count % source.length) : 0;
  return Array.from({ length: count }, (_, i) => source[(i + shift) % source.length] ?? null);
}

/** The value at a place after the last; null when there is none, which then repeats the source. */
type Next = (i: number) => CellValue;

function numberSeries(source: readonly CellValue[]): Next | null {
  if (source.length < 2) return null;
  const parts = source.map(decimal);
  if (!parts.every((p) => p !== null)) return null;
  const scale = Math.max(...parts.map((p) => p.scale));
  if (scale > MAX_SCALE) return null;
  const whole = parts.map((p) => p.digits * 10n ** BigInt(scale - p.scale));
  const delta = stepOf(whole);
  const last = whole.at(-1);
  if (delta === null || last === undefined) return null;
  const texts = source.some((v) => typeof v === 'string');
  return (i) => {
    const text = pointAt(last + delta * BigInt(i + 1), scale);
    return texts || significant(text) > 15 ? text : Number(text);
  };
}

interface Decimal {
  digits: bigint;
  scale: number;
}
/** The most decimal places that a series has; numbers beyond repeat. */
const MAX_SCALE = 40;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/** A number exactly, without going through a float: as whole digits and how many of them are decimals. */
function decimal(value: CellValue): Decimal | null {
  if (typeof value !== 'number' && !(typeof value === 'string' && PLAIN.test(value))) return null;
  const m = NUMBER.exec(String(value));
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = m ?? [];
  const scale = fraction.length - Number(exponent);
  if (!m || Math.abs(scale) > 400) return null;
  const digits = BigInt(sign + whole + fraction);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}
/** Number columns give long numbers as texts; a text with leading zeros is none. */
const PLAIN = /^-?(?:0|[1-9]\d{14,})(?:\.\d+)?$/;

function pointAt(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
function significant(text: string): number {
  return text.replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
}

/** Days with one step; the same day of months or years, the last of each month too. One date alone goes on by days. */
function dateSeries(source: readonly CellValue[], backwards: boolean): Next | null {
  if (!source.every((v): v is string => typeof v === 'string' && ISO_DATE.test(v))) return null;
  const days = source.map((v) => Date.parse(`${v}T00:00:00Z`) / DAY);
  if (days.some(Number.isNaN)) return null;
  const last = days.at(-1) ?? 0;
  const calendar = source.length > 1 ? monthly(source) : null;
  if (calendar) return calendar;
  const delta = source.length === 1 ? (backwards ? -1 : 1) : stepOf(days);
  if (delta === null) return null;
  return (i) => isoDate((last + delta * (i + 1)) * DAY);
}

/** Dates that are whole months apart on the same day of the month, or all on its last day. */
function monthly(source: readonly string[]): Next | null {
  const parts = source.map((v) => v.split('-').map(Number));
  const months = parts.map(([y = 0, m = 0]) => y * 12 + m - 1);
  const day = Math.max(...parts.map(([, , d = 0]) => d));
  const same = parts.every(([y = 0, m = 0, d]) => d === Math.min(day, lastDay(y, m)));
  const delta = stepOf(months);
  const last = months.at(-1);
  if (!same || delta === null || delta === 0 || last === undefined) return null;
  const ends = parts.every(([y = 0, m = 0, d]) => d === lastDay(y, m)) && new Set(parts.map(([, , d]) => d)).size > 1;
  return (i) => {
    const at = last + delta * (i + 1);
    const year = Math.floor(at / 12);
    const month = at - year * 12 + 1;
    return isoDate(dayOf(year, month, ends ? lastDay(year, month) : Math.min(day, lastDay(year, month))));
  };
}
function dayOf(year: number, month: number, day: number): number {
  const t = new Date(0);
  t.setUTCFullYear(year, month - 1, day);
  return t.getTime();
}
function lastDay(year: number, month: number): number {
  return new Date(dayOf(year, month + 1, 0)).getUTCDate();
}
function isoDate(t: number): CellValue {
  const d = new Date(t);
  const year = Number.isNaN(t) ? 0 : d.getUTCFullYear();
  return year >= 1 && year <= 9999 ? d.toISOString().slice(0, 10) : null;
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** `2024-01` is a month. */
function monthSeries(source: readonly CellValue[], backwards: boolean): Next | null {
  const months = source.map((v) => {
    const m = typeof v === 'string' ? MONTH.exec(v) : null;
    return m ? Number(m[1]) * 12 + Number(m[2]) - 1 : NaN;
  });
  const delta = source.length === 1 ? (backwards ? -1 : 1) : stepOf(months);
  const last = months.at(-1);
  if (months.some(Number.isNaN) || delta === null || last === undefined) return null;
  return (i) => {
    const at = last + delta * (i + 1);
    if (at < 0 || at >= 120_000) return null;
    return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`;
  };
}

const NAMES = [
  'monday tuesday wednesday thursday friday saturday sunday',
  'mon tue wed thu fri sat sun',
  'january february march april may june july august september october november december',
  'jan feb mar apr may jun jul aug sep oct nov dec',
  'q1 q2 q3 q4',
].map((list) => list.split(' '));

/** Names of days, months and quarters go round, written as the first of them is. */
function nameSeries(source: readonly CellValue[], backwards: boolean): Next | null {
  const texts = source.map((v) => (typeof v === 'string' ? v.toLowerCase() : ''));
  const list = NAMES.find((names) => texts.every((t) => names.includes(t)));
  const first = source[0];
  if (!list || typeof first !== 'string') return null;
  const places = texts.map((t) => list.indexOf(t));
  const step = (a = 0, b = 0): number => (b - a + list.length) % list.length;
  const delta = source.length === 1 ? (backwards ? -1 : 1) : step(places[0], places[1]);
  for (let i = 2; i < places.length; i++) if (step(places[i - 1], places[i]) !== delta) return null;
  const last = places.at(-1) ?? 0;
  return (i) => {
    const at = last + delta * (i + 1);
    return dressed(list[((at % list.length) + list.length) % list.length] ?? '', first);
  };
}
function dressed(name: string, like: string): string {
  if (like === like.toUpperCase()) return name.toUpperCase();
  return like.startsWith(like.charAt(0).toUpperCase()) && like.charAt(0) !== like.charAt(0).toLowerCase()
    ? name.charAt(0).toUpperCase() + name.slice(1)
    : name;
}

/** A text that ends or begins with a counting number; digits anywhere else make it a code, a version, a time or a phone. */
const COUNTED = /^(\D*)(\d{1,15})(\D*)$/su;
const WORD = /[\p{L}#№]/u;
/** What stands before a price, a fraction or an address. */
const NO_COUNT = /[.,:/+@$€£¥]$/u;

/** `Item 1` is followed by `Item 2`, `007` in a text by `008`, `1st` by `2nd`. */
function countedSeries(source: readonly CellValue[], backwards: boolean): Next | null {
  const parts = source.map(counted);
  const first = parts[0];
  if (!first || !parts.every((p) => p?.before === first.before && sameEnd(p.after, first.after))) return null;
  const numbers = parts.map((p) => p?.n ?? 0);
  const delta = source.length === 1 ? (backwards ? -1 : 1) : stepOf(numbers);
  const last = numbers.at(-1);
  if (delta === null || last === undefined) return null;
  const ordinal = ORDINAL.test(first.after);
  return (i) => {
    const n = last + delta * (i + 1);
    const digits = String(Math.abs(n)).padStart(first.width, '0');
    return `${first.before}${digits}${ordinal ? ordinalEnd(Math.abs(n)) : first.after}`;
  };
}

interface Counted {
  before: string;
  n: number;
  width: number;
  after: string;
}
function counted(value: CellValue): Counted | null {
  const [, before = '', digits = '', after = ''] = (typeof value === 'string' && COUNTED.exec(value)) || [];
  if (!WORD.test(before + after) || (before !== '' && after !== '') || NO_COUNT.test(before)) return null;
  return { before, n: Number(digits), width: digits.startsWith('0') ? digits.length : 0, after };
}
const ORDINAL = /^(?:st|nd|rd|th)$/i;
function sameEnd(a: string, b: string): boolean {
  return a === b || (ORDINAL.test(a) && ORDINAL.test(b));
}
function ordinalEnd(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th';
}

function stepOf<N extends number | bigint>(values: readonly N[]): N | null {
  const minus = (a: N, b: N): N => ((a as bigint) - (b as bigint)) as N;
  const [a, b] = values;
  if (a === undefined || b === undefined) return null;
  const delta = minus(b, a);
  for (let i = 2; i < values.length; i++) {
    const before = values[i - 1];
    const now = values[i];
    if (before === undefined || now === undefined || minus(now, before) !== delta) return null;
  }
  return delta;
}
