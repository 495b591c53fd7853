/** How the text of a column's values is written; see domain/table/form.go. */
export interface Form {
  decimal?: 'point' | 'comma' | undefined;
  date_order?: 'dmy' | 'mdy' | 'ymd' | undefined;
  time_zone?: string | undefined;
}

/** What is the matter with a text that can't be read, where more is known than that. */
export type ErrorKind = 'ambiguous' | 'form' | 'unit';

export interface Unread {
  ok: false;
  reason: string;
  kind?: ErrorKind;
}

export function unread(text: string, reason: string, kind?: ErrorKind): Unread {
  const said = `“${clip(text)}” ${reason}`;
  return kind ? { ok: false, reason: said, kind } : { ok: false, reason: said };
}

const MOST = 100;
export function clip(text: string): string {
  const chars = Array.from(text.slice(0, 2 * MOST + 2));
  return chars.length <= MOST ? text : `${chars.slice(0, MOST).join('')}…`;
}

/** Text without what can't be seen: direction marks, zero-width characters and byte order marks; every space is a plain one. */
export function bare(s: string): string {
  return s
    .replace(/[\s\u0085]/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/[’‘]/g, "'")
    .trim();
}
