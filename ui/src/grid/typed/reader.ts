import { otherwise, parseExact } from '@/lib/exact-json';
import type { CellValue, Column } from '../model';
import { isEmail, isPhone, isWebAddress } from './contact';
import { bare, type ErrorKind, type Unread, unread } from './form';
import { digitsOf, readNumber } from './numbers';
import { readDate, readMoment, type Reading } from './times';
import { words } from './words';

/** What a text is in a column, or why it is nothing there. */
export type Parsed = { ok: true; value: CellValue; newOptions?: string[] } | Unread;
export type { ErrorKind, Reading };

/** The most characters of a text, and bytes of a long one. */
const MAX_CHARS = 8_000;
const MAX_BYTES = 64 << 10;

/**
 * Reads a written value of a column in the column's form. The server reads by the same rules (domain/table/reader.go); both
 * pass the same table of cases (domain/table/testdata/typed-text.json).
 */
export function readText(column: Column, text: string, reading: Reading): Parsed {
  const trimmed = text.trim();
  const isText = column.type === 'text' || column.type === 'long_text';
  if (text === '' || (trimmed === '' && !isText)) return { ok: true, value: null };
  const form = column.form;
  switch (column.type) {
    case 'number':
    case 'currency':
    case 'percent': {
      const n = readNumber(column, trimmed);
      return n.ok ? { ok: true, value: numberValue(n.value) } : n;
    }
    case 'boolean': {
      const value = words.booleans.get(bare(trimmed).toLowerCase());
      return value === undefined
        ? unread(trimmed, 'is not a checkbox value; write true or false')
        : { ok: true, value };
    }
    case 'date':
      return readDate(form, trimmed, reading);
    case 'datetime':
      return readMoment(form, trimmed, reading);
    case 'select':
      return withOptions(column, trimmed, [trimmed]);
    case 'multi_select': {
      const names = [...new Set(optionNames(column, trimmed))];
      return withOptions(column, names.length ? names : null, names);
    }
    case 'json':
      return readJSON(trimmed);
    case 'email':
      return isEmail(trimmed)
        ? { ok: true, value: trimmed }
        : unread(trimmed, 'is not an email address; write it like name@example.com');
    case 'url':
      return isWebAddress(trimmed)
        ? { ok: true, value: trimmed }
        : unread(trimmed, 'is not a web address; write it like https://example.com');
    case 'phone':
      return isPhone(trimmed)
        ? { ok: true, value: trimmed }
        : unread(trimmed, 'is not a phone number; write it like +41 44 668 18 00');
    case 'text':
    case 'long_text':
      return readPlain(column.type, text);
    case 'user':
      return { ok: true, value: trimmed };
    default:
      return { ok: false, reason: `${column.name} is kept by Morket and can’t be written` };
  }
}

/** A number of at most 15 digits is one in every program; a longer one stays the text of its digits. */
export function numberValue(canonical: string): number | string {
  return digitsOf(canonical) <= 15 ? Number(canonical) : canonical;
}

function readPlain(type: 'text' | 'long_text', text: string): Parsed {
  if (text.includes('\0')) return { ok: false, reason: 'the text holds a NUL character; remove it' };
  if (type === 'long_text') {
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_BYTES)
      return {
        ok: false,
        reason: `the text has ${String(bytes)} bytes; a cell holds at most ${String(MAX_BYTES)}; shorten it`,
      };
  } else if (text.length > MAX_CHARS) {
    const chars = Array.from(text).length;
    if (chars > MAX_CHARS)
      return {
        ok: false,
        reason: `the text has ${String(chars)} characters; a cell holds at most ${String(MAX_CHARS)}; shorten it or make the column long text`,
      };
  }
  return { ok: true, value: text };
}

function withOptions(column: Column, value: CellValue, names: string[]): Parsed {
  const known = new Set((column.options ?? []).map((o) => o.name));
  const unknown = names.filter((n) => !known.has(n));
  return unknown.length ? { ok: true, value, newOptions: unknown } : { ok: true, value };
}

/** The names in a text: an option's whole name, a JSON list, or names between commas, semicolons or line breaks. */
function optionNames(column: Column, text: string): string[] {
  if (column.options?.some((o) => o.name === text)) return [text];
  if (text.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list) && list.every((n) => typeof n === 'string'))
        return list.map((n) => n.trim()).filter(Boolean);
    } catch {
      // not a list: names that begin with a bracket
    }
  }
  return splitNames(text)
    .map((n) => n.trim())
    .filter(Boolean);
}

const NAME = /\s*"((?:[^"]|"")*)"\s*(?=[,;\n\r]|$)|[^,;\n\r]*/y;

/** Names between separators; one in double quotes may hold these. */
function splitNames(text: string): string[] {
  const out: string[] = [];
  for (let at = 0; at <= text.length; at++) {
    NAME.lastIndex = at;
    const m = NAME.exec(text);
    out.push(m?.[1] !== undefined ? m[1].replaceAll('""', '"') : (m?.[0] ?? ''));
    at += m?.[0].length ?? 0;
  }
  return out;
}

function readJSON(text: string): Parsed {
  try {
    return { ok: true, value: parseExact(text, otherwise) as CellValue };
  } catch {
    return unread(text, 'is not JSON');
  }
}
