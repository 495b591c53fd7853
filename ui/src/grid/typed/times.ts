import { anyDate, chooseDate, type Dates, type Day, isoDay, scanDate, utcOf } from './dates';
import { bare, type Form, type Unread, unread } from './form';
import { words } from './words';

/** The same rules as domain/table/read_time.go; both pass testdata/typed-text.json. */
export interface Reading {
  /** The workspace's time zone, in which times without one are. */
  zone: string;
  /** What the words today, tomorrow, yesterday and now are about; without it they are no dates. */
  now?: number;
}

interface Clock {
  h: number;
  m: number;
  s: number;
  frac: string;
  offset?: number;
  zone?: string;
}

const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?: ?([ap])\.? ?m\b\.?)?(?: ?(?:uhr|h))?`;
const ZONE = String.raw`(?: ?(z|[a-z]{2,4})\b)?(?: ?([+−-])(\d{1,2}):?(\d{2})?)?(?: ?\[?([a-z_]+(?:/[a-z_+-]+)+)\]?)?(?: \([^()]*\))?`;
const JOIN = String.raw`(?: ?t ?|,? (?:(?:at|um|à|às|kl\.?|@) )?|, ?)`;
const BASIC_ISO = /^(\d{8})t(\d{2})(\d{2})(\d{2})?(z|[+-]\d{2}:?\d{2})?$/iu;
const DATE_CLOCK = new RegExp(`^(.+?)${JOIN}${CLOCK}${ZONE}$`, 'iu');
const DATE_HOUR = new RegExp(String.raw`^(.+?)${JOIN}(\d{1,2}) ?([ap])\.? ?m\b\.?$`, 'iu');
const DATE_HOURS = new RegExp(String.raw`^(.+?)${JOIN}(\d{1,2})(?:h(\d{2})?|\.(\d{2}) ?uhr| uhr)$`, 'iu');
const CLOCK_FIRST = new RegExp(`^${CLOCK},? (?:on )?(.+)$`, 'iu');
const MAX_DATE = 100;
const MAX_OFFSET = 16 * 60;

interface Parts {
  dates: Dates;
  clock: Clock | null;
}

/** Reads a date with or without a time. */
function partsOf(form: Form | undefined, text: string, reading: Reading): Parts | null {
  if (new TextEncoder().encode(text).length > MAX_DATE) return null;
  let s = bare(text).split(/ +/).join(' ');
  const basic = BASIC_ISO.exec(s);
  if (basic) {
    const [, date = '', h = '', m = '', sec, zone = ''] = basic;
    s = `${date}T${h}:${m}${sec ? `:${sec}` : ''}${zone}`;
  }
  const whole = someDate(form, s, reading);
  if (anyDate(whole)) return { dates: whole, clock: null };
  if (!/\d/.test(s)) return null;
  const found = scanClock(s);
  if (!found) return null;
  const dates = someDate(form, found.rest, reading);
  return anyDate(dates) ? { dates, clock: found.clock } : null;
}

function someDate(form: Form | undefined, s: string, reading: Reading): Dates {
  const n = reading.now === undefined ? undefined : words.days.get(s.toLowerCase());
  if (n === undefined || reading.now === undefined) return scanDate(s);
  const zone = form?.time_zone ?? reading.zone;
  const t = new Date(reading.now + offsetAt(reading.now, zone) * 60_000);
  t.setUTCDate(t.getUTCDate() + n);
  const d = { y: t.getUTCFullYear(), m: t.getUTCMonth() + 1, d: t.getUTCDate() };
  return { dmy: d, mdy: d, ymd: d, fixed: true };
}

function scanClock(s: string): { rest: string; clock: Clock } | null {
  const dc = DATE_CLOCK.exec(s);
  if (dc) {
    const clock = newClock(dc[2], dc[3], dc[4], dc[5], dc[6]);
    return clock && inZone(clock, dc[7], dc[8], dc[9], dc[10], dc[11]) ? { rest: dc[1] ?? '', clock } : null;
  }
  const dh = DATE_HOUR.exec(s);
  if (dh) return withRest(dh[1], newClock(dh[2], '', '', '', dh[3]));
  const hs = DATE_HOURS.exec(s);
  if (hs) return withRest(hs[1], newClock(hs[2], (hs[3] ?? '') + (hs[4] ?? ''), '', '', ''));
  const cf = CLOCK_FIRST.exec(s);
  return cf ? withRest(cf[6], newClock(cf[1], cf[2], cf[3], cf[4], cf[5])) : null;
}

const withRest = (rest: string | undefined, clock: Clock | null): { rest: string; clock: Clock } | null =>
  clock && { rest: rest ?? '', clock };

function newClock(hour = '', minute = '', second = '', fraction = '', half = ''): Clock | null {
  const c = { h: Number(hour), m: Number(minute), s: Number(second), frac: fraction.slice(0, 6).replace(/0+$/, '') };
  if (half) {
    if (c.h < 1 || c.h > 12) return null;
    c.h = (c.h % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  return c.h < 24 && c.m < 60 && c.s < 60 ? c : null;
}

/** Sets the zone: by its abbreviation, its offset, or its IANA name. */
function inZone(
  c: Clock,
  abbreviation?: string,
  sign?: string,
  hours?: string,
  minutes?: string,
  name?: string,
): boolean {
  if (abbreviation) {
    const known = words.zones.get(abbreviation.toLowerCase());
    if (known === undefined || (sign && known !== '+00:00')) return false;
    c.offset = (Number(known.slice(1, 3)) * 60 + Number(known.slice(4))) * (known.startsWith('-') ? -1 : 1);
  }
  if (sign) {
    const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
    if (Number(minutes ?? 0) > 59 || offset >= MAX_OFFSET) return false;
    c.offset = sign === '+' ? offset : -offset;
  }
  if (c.offset === undefined && name) {
    if (!knownZone(name)) return false;
    c.zone = name;
  }
  return true;
}

const zones = new Map<string, Intl.DateTimeFormat | null>();
function zoneFormat(zone: string): Intl.DateTimeFormat | null {
  let f = zones.get(zone);
  if (f === undefined) {
    try {
      f = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      f = null;
    }
    zones.set(zone, f);
  }
  return f;
}

/** Zone names are known in the case that they are written with, as the server knows them. */
function knownZone(name: string): boolean {
  return /^[A-Z]/.test(name) && /\/[A-Z]/.test(name) && zoneFormat(name) !== null;
}

/** Minutes that a zone is ahead of UTC at a moment, cut to whole ones. */
export function offsetAt(t: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const format = zoneFormat(zone);
  if (!format) return 0;
  const part: Record<string, string> = {};
  for (const p of format.formatToParts(t)) part[p.type] = p.value;
  const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
  const wall = utcOf(
    { y: year, m: Number(part.month), d: Number(part.day) },
    Number(part.hour),
    Number(part.minute),
    Number(part.second),
  );
  return Math.trunc((wall - Math.floor(t / 1000) * 1000) / 60_000);
}

const two = (n: number): string => String(n).padStart(2, '0');
function written(day: Day, c: Clock, offset: number): string {
  const zone =
    offset === 0
      ? 'Z'
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${isoDay(day)}T${two(c.h)}:${two(c.m)}:${two(c.s)}${c.frac ? `.${c.frac}` : ''}${zone}`;
}

/** A date of a column; of a text with a time it is the day as it is written. */
export function readDate(form: Form | undefined, text: string, reading: Reading): { ok: true; value: string } | Unread {
  const parts = partsOf(form, text, reading);
  if (!parts) return unread(text, 'is not a date; write it like 2026-03-31');
  const one = chooseDate(form, parts.dates, text);
  return one.ok ? { ok: true, value: isoDay(one.day) } : one;
}

/** A date and time of a column, in RFC 3339 with its zone. */
export function readMoment(
  form: Form | undefined,
  text: string,
  reading: Reading,
): { ok: true; value: string } | Unread {
  const home = form?.time_zone ?? reading.zone;
  if (reading.now !== undefined && bare(text).toLowerCase() === 'now')
    return { ok: true, value: momentIn(reading.now, home) };
  const parts = partsOf(form, text, reading);
  if (!parts) return unread(text, 'is not a time; write it like 2026-03-31T14:05:00+02:00');
  const one = chooseDate(form, parts.dates, text);
  if (!one.ok) return one;
  const c = parts.clock ?? { h: 0, m: 0, s: 0, frac: '' };
  const zone = c.zone ?? home;
  const wall = utcOf(one.day, c.h, c.m, c.s);
  const offset = c.offset ?? offsetOfWall(wall, zone);
  if (offset === null)
    return unread(
      text,
      `does not exist in ${zone}, where clocks were put forward then; correct it, or name its zone like 2026-03-31T14:05:00+02:00`,
    );
  const year = new Date(wall - offset * 60_000).getUTCFullYear();
  if (year < 1 || year > 9999) return { ok: false, reason: `the year ${String(year)} can’t be stored` };
  return { ok: true, value: written(one.day, c, offset) };
}

/** The offset of a wall clock's time in a zone, null for a time that clocks passed over; of two it is that of the first. */
function offsetOfWall(wall: number, zone: string): number | null {
  const around = [offsetAt(wall - 86_400_000, zone), offsetAt(wall + 86_400_000, zone)];
  for (const minutes of [Math.max(...around), Math.min(...around)])
    if (offsetAt(wall - minutes * 60_000, zone) === minutes) return minutes;
  return null;
}

/** A moment in whole seconds as it is written in a zone. */
export function momentIn(t: number, zone: string): string {
  const offset = offsetAt(t, zone);
  const w = new Date(t + offset * 60_000);
  const day = { y: w.getUTCFullYear(), m: w.getUTCMonth() + 1, d: w.getUTCDate() };
  return written(day, { h: w.getUTCHours(), m: w.getUTCMinutes(), s: w.getUTCSeconds(), frac: '' }, offset);
}
