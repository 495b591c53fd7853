import type { CellValue, Column } from './model';

/** Which text find and replace look for. The server decides by the same rules (domain/table/text_search.go). */
export interface TextSearch {
  text: string;
  matchCase: boolean;
  wholeCell: boolean;
}

export type TextMatch = (text: string) => boolean;

/** Null for a search without a text. Letters are the same that differ in their case only; accents count. */
export function textMatch(search: TextSearch): TextMatch | null {
  if (search.text === '') return null;
  if (!search.matchCase) {
    const expr = expression(search);
    return (text) => expr.test(text);
  }
  return search.wholeCell ? (text) => text === search.text : (text) => text.includes(search.text);
}

/** Puts another text in the place of each match. */
export function replaceText(search: TextSearch, text: string, by: string): string {
  return text.replace(expression(search, 'g'), () => by);
}

function expression({ text, matchCase, wholeCell }: TextSearch, flags = ''): RegExp {
  const literal = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(wholeCell ? `^${literal}$` : literal, `u${matchCase ? '' : 'i'}${flags}`);
}

/** The text of a cell that is looked into: as the server writes it to files, in no form but the exact one. */
export function searchedText(value: CellValue): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(searchedText).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const NOT_SEARCHED: ReadonlySet<Column['type']> = new Set([
  'created_at',
  'updated_at',
  'created_by',
  'updated_by',
  'row_id',
  'user',
]);
export const isSearched = (column: Column): boolean => !NOT_SEARCHED.has(column.type);
