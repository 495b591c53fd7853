import { sameValue, type CellValue, type Column } from './model';
import { parseValue, plainText, writtenText, type Parsed } from './values';

/** What a cell gives to the clipboard: exact, and read again by `readText` as the same value. */
export function cellText(column: Column, value: CellValue): string {
  if (value === null) return '';
  if (column.type === 'json') return JSON.stringify(value);
  if (column.type === 'datetime') return plainText(value);
  return writtenText(column, value);
}

/** Reads a cell's text of the clipboard into a column; what is no list of options as `read` does. */
export function readText(
  column: Column,
  text: string,
  read: (text: string) => Parsed = (t) => parseValue(column, t),
): Parsed {
  if (column.type !== 'multi_select') return read(text);
  const known = (column.options ?? []).map((o) => o.name);
  const whole = text.trim();
  const names = known.includes(whole) ? [whole] : splitOptions(text);
  if (names.length === 0) return { ok: true, value: null };
  const fresh = names.filter((n) => !known.includes(n));
  return fresh.length ? { ok: true, value: names, newOptions: fresh } : { ok: true, value: names };
}

const OPTION = /\s*(?:"((?:[^"]|"")*)"(?=\s*(?:[,;\n]|$))|([^,;\n]*))(?:[,;\n]|$)/y;

function splitOptions(text: string): string[] {
  const names = new Set<string>();
  OPTION.lastIndex = 0;
  while (OPTION.lastIndex < text.length) {
    const m = OPTION.exec(text);
    if (!m) break;
    const name = m[1] === undefined ? (m[2] ?? '').trim() : m[1].replaceAll('""', '"');
    if (name !== '') names.add(name);
  }
  return [...names];
}

/** Whether writing the value would change the cell. */
export function unchanged(now: CellValue | undefined, value: CellValue): boolean {
  return sameValue(now ?? null, value);
}
