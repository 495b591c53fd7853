import type { CellValue, Column } from './model';

export type Parsed = { ok: true; value: CellValue; newOptions?: string[] } | { ok: false; reason: string };

/** What a cell shows. */
export function formatValue(column: Column, value: CellValue): string {
  if (value === null) return '';
  switch (column.type) {
    case 'number':
    case 'currency':
    case 'percent':
      return formatNumber(column, value);
    case 'date':
      return typeof value === 'string' ? formatDate(value) : plainText(value);
    case 'datetime':
    case 'created_at':
    case 'updated_at':
      return typeof value === 'string' ? formatDateTime(value) : plainText(value);
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

const formatters = new Map<string, Intl.NumberFormat>();
function formatter(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat('en', options);
    formatters.set(key, found);
  }
  return found;
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

function formatNumber(column: Column, value: CellValue): string {
  const literal = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!DECIMAL.test(literal) && typeof value !== 'number') return plainText(value);
  const decimals = column.format?.decimals;
  const currency = column.format?.currency ?? 'USD';
  const digits = { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 20 };
  const text = literal as Intl.StringNumericLiteral; // exact: Intl formats decimal strings without going through a float
  if (column.type === 'currency') {
    const d = decimals === undefined ? { minimumFractionDigits: 0, maximumFractionDigits: 2 } : digits;
    const key = `c${currency}${decimals ?? ''}`;
    try {
      return formatter(key, { style: 'currency', currency, ...d }).format(text);
    } catch {
      return `${formatter(`n${decimals ?? ''}`, digits).format(text)} ${currency}`;
    }
  }
  const plain = formatter(`n${decimals ?? ''}`, digits).format(text);
  return column.type === 'percent' ? `${plain}%` : plain;
}

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
const times = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

function formatDate(iso: string): string {
  const t = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(t) ? iso : dates.format(t);
}
function formatDateTime(iso: string): string {
  const t = Date.parse(iso);
  return Number.isNaN(t) ? iso : times.format(t);
}

/** Reads what a person typed or pasted into a column of this type. */
export function parseValue(column: Column, text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: true, value: null };
  switch (column.type) {
    case 'number':
    case 'currency':
    case 'percent':
      return parseNumber(trimmed);
    case 'boolean':
      return parseBoolean(trimmed);
    case 'date':
      return parseDate(trimmed);
    case 'datetime':
      return parseDateTime(trimmed);
    case 'select':
      return withOptions(column, trimmed, [trimmed]);
    case 'multi_select': {
      const names = [
        ...new Set(
          trimmed
            .split(/[,;\n]/)
            .map((s) => s.trim())
            .filter(Boolean),
        ),
      ];
      return withOptions(column, names, names);
    }
    case 'json':
      return parseJSON(trimmed);
    case 'created_at':
    case 'updated_at':
    case 'created_by':
    case 'updated_by':
    case 'row_id':
      return { ok: false, reason: 'this column can’t be edited' };
    case 'text':
    case 'long_text':
      return { ok: true, value: text };
    default:
      return { ok: true, value: trimmed };
  }
}

function withOptions(column: Column, value: CellValue, names: string[]): Parsed {
  const known = new Set((column.options ?? []).map((o) => o.name));
  const unknown = names.filter((n) => !known.has(n));
  return unknown.length ? { ok: true, value, newOptions: unknown } : { ok: true, value };
}

/** Plain decimals with thousands separators, a currency sign or a percent sign; digits beyond 15 stay a string. */
function parseNumber(text: string): Parsed {
  const negative = /^\(.*\)$/.test(text);
  const bare = text
    .replace(/^\(|\)$/g, '')
    .replace(/[\s\u00a0_'’]|(?<=\d),(?=\d{3})|[$€£¥₹%]|^[A-Z]{3}|[A-Z]{3}$/g, '');
  const m = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(bare);
  if (!m || (!m[2] && !m[3])) return { ok: false, reason: `“${text}” is not a number` };
  const sign = negative || m[1] === '-' ? '-' : '';
  if (m[4] !== undefined) return { ok: true, value: Number(sign + bare.replace(/^[+-]/, '')) };
  const whole = (m[2] ?? '').replace(/^0+(?=\d)/, '') || '0';
  const literal = sign + whole + (m[3] ? `.${m[3]}` : '');
  const significant = literal.replace(/[-.]/g, '').replace(/^0+/, '').length;
  return { ok: true, value: significant <= 15 ? Number(literal) : literal };
}

const YES = new Set(['true', 'yes', 'y', '1', 'x', '✓', 'checked', 'on']);
const NO = new Set(['false', 'no', 'n', '0', 'unchecked', 'off']);
function parseBoolean(text: string): Parsed {
  const lower = text.toLowerCase();
  if (YES.has(lower)) return { ok: true, value: true };
  if (NO.has(lower)) return { ok: true, value: false };
  return { ok: false, reason: `“${text}” is neither yes nor no` };
}

function parseDate(text: string): Parsed {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})/.exec(text);
  if (iso) return checkedDate(iso[1], iso[2], iso[3], text);
  const slash = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$/.exec(text);
  if (slash) {
    const dayFirst = text.includes('.') || Number(slash[1]) > 12;
    return dayFirst ? checkedDate(slash[3], slash[2], slash[1], text) : checkedDate(slash[3], slash[1], slash[2], text);
  }
  const t = /[a-z]{3}/i.test(text) ? Date.parse(`${text} UTC`) : NaN;
  return Number.isNaN(t)
    ? { ok: false, reason: `“${text}” is not a date` }
    : { ok: true, value: new Date(t).toISOString().slice(0, 10) };
}
function checkedDate(y = '', m = '', d = '', text = ''): Parsed {
  const value = `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  const t = new Date(`${value}T00:00:00Z`);
  const real = !Number.isNaN(t.getTime()) && t.toISOString().startsWith(value);
  return real ? { ok: true, value } : { ok: false, reason: `“${text}” is not a date` };
}
function parseDateTime(text: string): Parsed {
  const t = new Date(text);
  if (Number.isNaN(t.getTime())) return { ok: false, reason: `“${text}” is not a date and time` };
  return { ok: true, value: /[zZ]|[+-]\d{2}:?\d{2}$/.test(text) && text.includes('T') ? text : t.toISOString() };
}
function parseJSON(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as CellValue };
  } catch {
    return { ok: false, reason: 'this is not valid JSON' };
  }
}

/** A value carried from one column to another: as it is between like types, through its text otherwise. */
export function convertValue(from: Column | null, to: Column, value: CellValue): Parsed {
  if (value === null || from?.type === to.type) return { ok: true, value };
  return parseValue(to, plainText(value));
}
