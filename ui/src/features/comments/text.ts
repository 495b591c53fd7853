import type { CommentPerson } from '@/api/types';
import { fold } from '@/lib/fold';

/** The server's texts name people by their ids; people read and write names. */
const TOKEN = /<@(usr_[0-9A-HJKMNP-TV-Z]{26})>/g;

export type Part = { text: string } | { person: CommentPerson };

/** A text with the people whom it mentions taken out of it, in order. */
export function partsOf(text: string, people: readonly CommentPerson[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    const person = people.find((p) => p.user_id === found[1]);
    if (!person) continue;
    if (found.index > at) parts.push({ text: text.slice(at, found.index) });
    parts.push({ person });
    at = found.index + found[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** The text as a person edits it: with names. */
export function written(text: string, people: readonly CommentPerson[]): string {
  return partsOf(text, people)
    .map((p) => ('text' in p ? p.text : `@${p.person.name}`))
    .join('');
}

/** The text as it is sent: the names of those who were chosen become ids, the longest first, so that none hides another. */
export function sent(text: string, chosen: readonly CommentPerson[]): string {
  const names = [...chosen].filter((p) => p.name !== '').sort((a, b) => b.name.length - a.name.length);
  let out = '';
  for (let at = 0; at < text.length;) {
    const hit = text[at] === '@' ? names.find((p) => text.startsWith(p.name, at + 1)) : undefined;
    out += hit ? `<@${hit.user_id}>` : (text[at] ?? '');
    at += hit ? hit.name.length + 1 : 1;
  }
  return out;
}

const LONGEST_NAME = 40;

/** The beginning of a name that is typed behind an @ at the caret; null where none is. */
export function typedName(text: string, caret: number): { from: number; name: string } | null {
  const from = text.lastIndexOf('@', caret - 1);
  if (from < 0 || caret - from > LONGEST_NAME) return null;
  const before = text[from - 1];
  if (before !== undefined && !/[\s(]/.test(before)) return null; // an address of mail
  const name = text.slice(from + 1, caret);
  return name.includes('\n') ? null : { from, name };
}

/** Who is meant by the beginning of a name or of an address, the best first. */
export function suggested<T extends { name: string; email: string }>(people: readonly T[], name: string): T[] {
  const wanted = fold(name);
  const rank = (p: T): number => {
    if (fold(p.name).startsWith(wanted)) return 0;
    if (fold(p.name).includes(` ${wanted}`)) return 1;
    return fold(p.email).startsWith(wanted) ? 2 : 3;
  };
  return people
    .filter((p) => rank(p) < 3)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 6);
}
