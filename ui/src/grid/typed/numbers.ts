import { bare, type Form, type Unread, unread } from './form';
import { words } from './words';

/** The same rules as domain/table/read_number.go; both pass testdata/typed-text.json. */
export interface Written {
  value: string;
  currencies: readonly string[];
  percent: boolean;
}

type Sign = 'point' | 'comma';
export interface NumberColumn {
  type: string;
  form?: Form | undefined;
  format?: { currency?: string | undefined } | undefined;
}

export const DEFAULT_CURRENCY = 'USD';
const MAX_WRITTEN = 400;
const MAX_DIGITS = 38;

/** A number of a column, in its only exact form, or why the text is none. */
export function readNumber(column: NumberColumn, text: string): { ok: true; value: string } | Unread {
  const sign: Sign = column.form?.decimal === 'comma' ? 'comma' : 'point';
  const sample = sign === 'comma' ? '1234,5' : '1234.5';
  const n = scanNumber(text, sign);
  if (!n) {
    if (scanNumber(text, sign === 'comma' ? 'point' : 'comma'))
      return unread(
        text,
        `is no number with a decimal ${sign}, as this column’s are written; write it like ${sample}, or choose the other decimal sign in the column’s settings`,
        'form',
      );
    return unread(text, `is not a number; write it like ${sample}`);
  }
  if (n.percent && column.type !== 'percent')
    return unread(
      text,
      'is a percentage, which this column doesn’t hold; write the number alone, or make the column a percent column',
      'unit',
    );
  if (n.currencies.length && column.type !== 'currency')
    return unread(
      text,
      'is an amount of money, which this column doesn’t hold; write the number alone, or make the column a currency column',
      'unit',
    );
  const currency = (column.format?.currency ?? '').toUpperCase() || DEFAULT_CURRENCY;
  if (n.currencies.length && !n.currencies.includes(currency))
    return unread(
      text,
      `is not in ${currency}, the column’s currency; convert it, or keep it in another column`,
      'unit',
    );
  if (digitsOf(n.value) > MAX_DIGITS)
    return { ok: false, reason: `the number has more than ${String(MAX_DIGITS)} digits; round it` };
  return { ok: true, value: n.value };
}

const CURRENCY = /[\p{L}\p{Sc}]/u;
const LETTER = /\p{L}/u;
const MINUS = /[-−–﹣－]/u;

/** Reads a number as people and spreadsheets write it with a decimal sign; null for anything else. */
export function scanNumber(text: string, sign: Sign): Written | null {
  if (new TextEncoder().encode(text).length > MAX_WRITTEN) return null;
  let s = Array.from(bare(text));
  const state = { signed: false, negative: false, percent: false, currencies: [] as readonly string[] };
  if (s[0] === '(') {
    if (s.at(-1) !== ')' || s.length < 2) return null;
    s = trimmed(s.slice(1, -1));
    state.signed = state.negative = true;
  }
  const rest = after(before(s, state), state);
  if (!rest) return null;
  const plain = plainDigits(rest.join(''), sign);
  const value = plain === null ? null : canonicalNumber((state.negative ? '-' : '') + plain);
  return value === null ? null : { value, currencies: state.currencies, percent: state.percent };
}

interface State {
  signed: boolean;
  negative: boolean;
  percent: boolean;
  currencies: readonly string[];
}

const trimmed = (s: string[]): string[] => Array.from(s.join('').trim());

function currency(token: string[], state: State): boolean {
  if (state.currencies.length) return false;
  state.currencies = words.currencies.get(token.join('').toLowerCase()) ?? [];
  return state.currencies.length > 0;
}

/** Takes the sign and the currency off the beginning. */
function before(s: string[], state: State): string[] | null {
  while (s.length) {
    const c = s[0] ?? '';
    if (MINUS.test(c) || c === '+') {
      if (state.signed) return null;
      state.signed = true;
      state.negative = c !== '+';
      s = trimmed(s.slice(1));
    } else if (CURRENCY.test(c)) {
      let end = s.findIndex((x) => !CURRENCY.test(x));
      if (end < 0) return null;
      if (s[end] === '.' && LETTER.test(s[end - 1] ?? '')) end++;
      if (!currency(s.slice(0, end), state)) return null;
      s = trimmed(s.slice(end));
    } else return s;
  }
  return null;
}

/** Takes the percent sign, the currency and a minus off the end. */
function after(s: string[] | null, state: State): string[] | null {
  while (s?.length) {
    const c = s.at(-1) ?? '';
    const rest = s.slice(0, -1);
    if (c === '%' || c === '٪' || c === '％') {
      if (state.percent) return null;
      state.percent = true;
      s = trimmed(rest);
    } else if (MINUS.test(c)) {
      if (state.signed) return null;
      state.signed = state.negative = true;
      s = trimmed(rest);
    } else if (CURRENCY.test(c) || (c === '.' && LETTER.test(rest.at(-1) ?? ''))) {
      const start = (c === '.' ? rest : s).findLastIndex((x) => !CURRENCY.test(x));
      if (start < 0 || !currency(s.slice(start + 1), state)) return null;
      s = trimmed(s.slice(0, start + 1));
    } else return s;
  }
  return null;
}

/** Takes the separators out of the digits and writes them with a point. */
function plainDigits(s: string, sign: Sign): string | null {
  let exp = '';
  const e = s.search(/e/i);
  if (e >= 0) {
    exp = `e${s.slice(e + 1)}`;
    s = s.slice(0, e);
    if (!/^e[+-]?\d+$/.test(exp)) return null;
  }
  const point = sign === 'comma' ? ',' : '.';
  const at = s.indexOf(point);
  let whole = at < 0 ? s : s.slice(0, at);
  const frac = at < 0 ? '' : s.slice(at + 1);
  if (!/^\d*$/.test(frac) || (at >= 0 && frac === '') || (whole === '' && at < 0)) return null;
  const separator = (sign === 'comma' ? /[.' _]/ : /[,' _]/).exec(whole)?.[0];
  if (separator !== undefined) {
    const groups = whole.split(separator);
    if (!grouped(groups, separator === ',' && sign === 'point') || exp !== '') return null;
    whole = groups.join('');
  }
  return /^\d*$/.test(whole) ? `${whole}.${frac}${exp}` : null;
}

function grouped(groups: string[], indian: boolean): boolean {
  const first = groups[0] ?? '';
  if (!groups.every((g) => /^\d*$/.test(g)) || !/^[1-9]\d{0,2}$/.test(first) || groups.at(-1)?.length !== 3)
    return false;
  const middle = groups.slice(1, -1);
  return middle.every((g) => g.length === 3) || (indian && first.length <= 2 && middle.every((g) => g.length === 2));
}

/** A decimal in the only form that its value has: no exponent, no zeros around, no minus before zero. */
export function canonicalNumber(s: string): string | null {
  const m = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(s);
  if (!m || (!m[2] && !m[3])) return null;
  const exp = Number(m[4] ?? 0);
  const most = 4 * MAX_DIGITS;
  if (Math.abs(exp) > most || (m[2] ?? '').length + (m[3] ?? '').length + 1 > most) return null;
  let whole = m[2] ?? '';
  let frac = m[3] ?? '';
  if (exp > 0) {
    frac = frac.padEnd(exp, '0');
    whole += frac.slice(0, exp);
    frac = frac.slice(exp);
  } else if (exp < 0) {
    whole = whole.padStart(-exp, '0');
    frac = whole.slice(whole.length + exp) + frac;
    whole = whole.slice(0, whole.length + exp);
  }
  whole = whole.replace(/^0+/, '') || '0';
  frac = frac.replace(/0+$/, '');
  const out = frac ? `${whole}.${frac}` : whole;
  return m[1] === '-' && out !== '0' ? `-${out}` : out;
}

/** How many digits a canonical number is stored with. */
export function digitsOf(n: string): number {
  const [whole = '', frac = ''] = n.replace('-', '').split('.');
  return whole === '0' ? frac.length : whole.length + frac.length;
}
