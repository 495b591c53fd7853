import { type Form, type Unread, unread } from './form';
import { words } from './words';

/** The same rules as domain/table/read_date.go; both pass testdata/typed-text.json. */
export interface Day {
  y: number;
  m: number;
  d: number;
}

/** The dates that a text can be, by the order in which they are written. */
export interface Dates {
  dmy: Day | null;
  mdy: Day | null;
  ymd: Day | null;
  fixed?: boolean;
  dotted?: boolean;
  /** 31-12-24, which may have the year first. */
  dashed?: boolean;
}

const NONE: Dates = { dmy: null, mdy: null, ymd: null };
const MAX_DATE = 100;

const SPACED_SIGN = / *([./-]) */g;
const THREE_PARTS = /^(\d{1,4})([-/. ])(\d{1,2})([-/. ])(\d{1,4})\.?$/;
const DAY_MONTH =
  /^(\d{1,2})(?:st|nd|rd|th|er|º|ª|°)?[ ./-]?(?:(?:of|de|del|den) )?(\p{L}+)[ .,/-]*(?:(?:of|de|del) )?('?\d{2}|\d{4})$/iu;
const MONTH_DAY = /^(\p{L}+)[ ./-]{0,2}(\d{1,2})(?:st|nd|rd|th)?[ ,./-]+(\d{4})$/iu;
const YEAR_MONTH = /^(\d{4})[ ,./-]*(\p{L}+)[ ,./-]*(\d{1,2})(?:st|nd|rd|th)?\.?$/iu;
const EAST_ASIAN = /^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]$/u;
const WEEKDAY_HEAD = /^(\p{L}+(?:-feira)?)\.?,? (.+)$/iu;
const WEEKDAY_TAIL = /^(.+?),? \(?(\p{L}+(?:-feira)?)\.?\)?$/iu;

/** Milliseconds of a wall clock as if it were in UTC; also for the years before 100. */
export function utcOf(day: Day, h = 0, min = 0, s = 0, ms = 0): number {
  const t = new Date(0);
  t.setUTCFullYear(day.y, day.m - 1, day.d);
  t.setUTCHours(h, min, s, ms);
  return t.getTime();
}

function real(y: number, m: number, d: number): Day | null {
  if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1) return null;
  const t = new Date(utcOf({ y, m, d }));
  return t.getUTCMonth() === m - 1 && t.getUTCDate() === d ? { y, m, d } : null;
}

export const isoDay = (d: Day): string =>
  `${String(d.y).padStart(4, '0')}-${String(d.m).padStart(2, '0')}-${String(d.d).padStart(2, '0')}`;

export const anyDate = (d: Dates): boolean => d.dmy !== null || d.mdy !== null || d.ymd !== null;
const sameDay = (a: Day | null, b: Day | null): boolean => !!a && !!b && isoDay(a) === isoDay(b);

/** Reads a date in every order that is possible. */
export function scanDate(text: string): Dates {
  if (new TextEncoder().encode(text).length > MAX_DATE) return NONE;
  const s = text.trim().split(/\s+/).join(' ');
  const d = scanDay(s);
  if (anyDate(d)) return d;
  const head = WEEKDAY_HEAD.exec(s);
  const first = head && words.weekdays.get((head[1] ?? '').toLowerCase());
  if (first) return onWeekday(scanDay(head[2] ?? ''), first);
  const tail = WEEKDAY_TAIL.exec(s);
  const last = tail && words.weekdays.get((tail[2] ?? '').toLowerCase());
  if (last) return onWeekday(scanDay(tail[1] ?? ''), last);
  return NONE;
}

function onWeekday(d: Dates, weekday: number): Dates {
  const keep = (day: Day | null): Day | null =>
    day && ((new Date(utcOf(day)).getUTCDay() + 6) % 7) + 1 === weekday ? day : null;
  return { ...d, dmy: keep(d.dmy), mdy: keep(d.mdy), ymd: keep(d.ymd) };
}

function scanDay(text: string): Dates {
  const s = text.replace(SPACED_SIGN, '$1');
  const parts = THREE_PARTS.exec(s);
  if (parts) {
    const [, a = '', sep = '', b = '', sep2 = '', c = ''] = parts;
    return numericDate(a, sep, b, sep2, c);
  }
  if (/^\d{8}$/.test(s)) return fixedDate(s.slice(0, 4), Number(s.slice(4, 6)), s.slice(6));
  const month = (word = ''): number => words.months.get(word.toLowerCase()) ?? 0;
  const dm = DAY_MONTH.exec(s);
  if (dm) return fixedDate((dm[3] ?? '').replace(/^'/, ''), month(dm[2]), dm[1] ?? '');
  const md = MONTH_DAY.exec(s);
  if (md) return fixedDate(md[3] ?? '', month(md[1]), md[2] ?? '');
  const ym = YEAR_MONTH.exec(s);
  if (ym) return fixedDate(ym[1] ?? '', month(ym[2]), ym[3] ?? '');
  const ea = EAST_ASIAN.exec(s);
  if (ea) return fixedDate(ea[1] ?? '', Number(ea[2]), ea[3] ?? '');
  return NONE;
}

function fixedDate(year: string, month: number, dayOfMonth: string): Dates {
  const d = real(fullYear(year), month, Number(dayOfMonth));
  return { dmy: d, mdy: d, ymd: d, fixed: true };
}

function numericDate(a: string, sep: string, b: string, sep2: string, c: string): Dates {
  if (sep !== sep2) return NONE;
  if (a.length === 4 && c.length <= 2) return fixedDate(a, Number(b), c);
  const [p, q] = [Number(a), Number(b)];
  const dotted = sep === '.';
  if (a.length <= 2 && c.length === 4)
    return { dmy: real(Number(c), q, p), mdy: real(Number(c), p, q), ymd: null, dotted };
  if (a.length > 2 || c.length > 2 || sep === ' ') return NONE;
  const y = c.length === 2 ? fullYear(c) : 0;
  return {
    dmy: real(y, q, p),
    mdy: real(y, p, q),
    ymd: a.length === 2 ? real(fullYear(a), q, Number(c)) : null,
    dotted,
    dashed: sep === '-',
  };
}

/** A year of two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068, as in POSIX. */
function fullYear(s: string): number {
  const n = Number(s);
  if (s.length !== 2) return n;
  return n >= 69 ? 1900 + n : 2000 + n;
}

const long = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const said = (d: Day | null): string => (d ? long.format(utcOf(d)) : '');

/** Takes the date in the column's order. */
export function chooseDate(form: Form | undefined, d: Dates, text: string): { ok: true; day: Day } | Unread {
  const order = form?.date_order;
  if (order) {
    const one = d[order];
    if (one) return { ok: true, day: one };
    if (anyDate(d)) {
      const first = { dmy: 'day', mdy: 'month', ymd: 'year' }[order];
      return unread(
        text,
        `is no date with the ${first} first, as this column’s are written; write it like 2026-03-31, or change the order in the column’s settings`,
        'form',
      );
    }
  } else {
    const open = !d.fixed && !d.dotted;
    const one = open ? (d.dmy ?? d.mdy) : d.dmy;
    const others = [d.mdy, d.dashed ? d.ymd : null].filter((other) => other !== null && !sameDay(one, other));
    if (open && one && others.length)
      return unread(
        text,
        `could be ${[...new Set([d.dmy, d.mdy, d.dashed ? d.ymd : null].map(said).filter(Boolean))].join(' or ')}; write it like 2026-03-31, or choose the order of day and month in the column’s settings`,
        'ambiguous',
      );
    if (one) return { ok: true, day: one };
    if (anyDate(d))
      return unread(
        text,
        'is a date only in another order; write it like 2026-03-31, or choose the order of day and month in the column’s settings',
        'form',
      );
  }
  return unread(text, 'is not a date; write it like 2026-03-31');
}
