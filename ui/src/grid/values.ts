import { isNumeric, type CellValue, type Column } from './model';
import { findForm } from './typed/find-form';
import { readText, type Parsed } from './typed/reader';
import { momentIn, readMoment } from './typed/times';
import { workspaceZone } from './typed/zone';

export type { Parsed };

/** What a cell shows. */
export function formatValue(column: Column, value: CellValue): string {
  if (value === null) return '';
  switch (column.type) {
    case 'number':
    case 'currency':
    case 'percent':
      return formatNumber(column, value);
    case 'date':
      return typeof value === 'string' ? formatDate(column, value) : plainText(value);
    case 'datetime':
    case 'created_at':
    case 'updated_at':
      return typeof value === 'string' ? formatDateTime(column, value) : plainText(value);
    case 'boolean':
      return value === true ? 'Yes' : 'No';
    default:
      return plainText(value);
  }
}

/** What a cell gives to a spreadsheet: exact, without the dressing of the screen. */
export function plainText(value: CellValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return String(value);
}

/**
 * The text by which a value is edited and copied: in the column's form, so that `parseValue` reads it as the same value. A moment
 * that was written in the workspace's zone is without it, unless the hour is one that clocks go through twice.
 */
export function writtenText(column: Column, value: CellValue): string {
  if (value === null) return '';
  if (isNumeric(column.type))
    return column.form?.decimal === 'comma' ? plainText(value).replace('.', ',') : plainText(value);
  if (Array.isArray(value)) return value.map((v) => quoted(plainText(v))).join(', ');
  if (MOMENTS.has(column.type) && typeof value === 'string') return writtenMoment(column, value);
  return plainText(value);
}

/** A name with a separator, a quote or a space at its end stands in quotes, as a field of CSV does (RFC 4180). */
function quoted(name: string): string {
  return /[,;\n"]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

const MOMENTS: ReadonlySet<Column['type']> = new Set(['datetime', 'created_at', 'updated_at']);

function writtenMoment(column: Column, iso: string): string {
  const t = Date.parse(iso);
  if (Number.isNaN(t) || t % 1000 !== 0) return iso;
  const zone = column.form?.time_zone ?? workspaceZone();
  const local = momentIn(t, zone);
  const text = `${local.slice(0, 10)} ${local.slice(11, local.slice(17, 19) === '00' ? 16 : 19)}`;
  const read = readMoment(column.form, text, { zone });
  return read.ok && read.value === iso ? text : iso;
}

/** How a column's numbers are shown: with the decimal sign that they are written with. */
const localeOf = (column: Column): string => (column.form?.decimal === 'comma' ? 'de' : 'en');

const formatters = new Map<string, Intl.NumberFormat>();
function formatter(column: Column, key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const locale = localeOf(column);
  let found = formatters.get(locale + key);
  if (!found) {
    found = new Intl.NumberFormat(locale, options);
    formatters.set(locale + key, found);
  }
  return found;
}

/** The sign of XOF has a space in it, which no reader of amounts expects. */
const display = (currency: string): Intl.NumberFormatOptions => (currency === 'XOF' ? { currencyDisplay: 'code' } : {});

const DECIMAL = /^-?\d+(\.\d+)?$/;
/** An amount with more decimals than coins have: a price per call, a rate. Rounded to cents it would be another amount. */
const FINE = /\.\d{3}/;

function formatNumber(column: Column, value: CellValue): string {
  const literal = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!DECIMAL.test(literal) && typeof value !== 'number') return plainText(value);
  const decimals = column.format?.decimals;
  const currency = column.format?.currency ?? 'USD';
  const digits = { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 20 };
  const text = literal as Intl.StringNumericLiteral; // exact: Intl formats decimal strings without going through a float
  if (column.type === 'currency') {
    const fine = decimals === undefined && FINE.test(literal);
    const d = decimals === undefined && !fine ? ({ trailingZeroDisplay: 'stripIfInteger' } as const) : digits;
    const key = `c${currency}${decimals ?? ''}${fine ? '+' : ''}`;
    try {
      return formatter(column, key, { style: 'currency', currency, ...display(currency), ...d }).format(text);
    } catch {
      return `${formatter(column, `n${decimals ?? ''}`, digits).format(text)} ${currency}`;
    }
  }
  const plain = formatter(column, `n${decimals ?? ''}`, digits).format(text);
  return column.type === 'percent' ? `${plain}%` : plain;
}

/** The order of a date's parts on the screen is the column's; the month is always named, so that no date could be two. */
const DATE_LOCALES = { dmy: 'en-GB', mdy: 'en', ymd: 'sv' } as const;
const dateFormats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(column: Column, time: boolean): Intl.DateTimeFormat {
  const locale = DATE_LOCALES[column.form?.date_order ?? 'mdy'];
  const zone = time ? workspaceZone() : 'UTC';
  const key = `${locale}/${zone}/${String(time)}`;
  let found = dateFormats.get(key);
  if (!found) {
    const style = locale === 'sv' ? 'short' : 'medium';
    found = new Intl.DateTimeFormat(locale, {
      dateStyle: style,
      ...(time ? { timeStyle: 'short' } : {}),
      timeZone: zone,
    });
    dateFormats.set(key, found);
  }
  return found;
}

function formatDate(column: Column, iso: string): string {
  const t = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(t) ? iso : dateFormat(column, false).format(t);
}
function formatDateTime(column: Column, iso: string): string {
  const t = Date.parse(iso);
  return Number.isNaN(t) ? iso : dateFormat(column, true).format(t);
}

/** Reads what a person typed into a column. */
export function parseValue(column: Column, text: string): Parsed {
  return readText(column, text, { zone: workspaceZone(), now: Date.now() });
}

/**
 * Reads texts that come into a column together, such as pasted ones: in one form, found from all of them. What a column of the
 * product has given is in that column's form.
 */
export function pasteReader(
  column: Column,
  texts: readonly string[],
  decimal?: 'point' | 'comma',
): (text: string) => Parsed {
  const reading = { zone: workspaceZone() };
  const form = decimal && isNumeric(column.type) ? { ...column.form, decimal } : findForm(column, texts, reading);
  const formed = form === column.form ? column : { ...column, ...(form ? { form } : {}) };
  return (text) => readText(formed, text, reading);
}

/** A value carried from one column to another: as it is between like types, through its text otherwise. */
export function convertValue(from: Column | null, to: Column, value: CellValue): Parsed {
  const alike = from && (from.type === to.type || (isNumeric(from.type) && isNumeric(to.type)));
  if (value === null || alike) return { ok: true, value };
  return parseValue(to, from ? writtenText(from, value) : plainText(value));
}
