import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alike, fold, nameKey } from './fold';

/** The committed table that the server's folding passes too: domain/kernel/fold_test.go. */
interface Cases {
  same: string[][];
  different: string[][];
  folded: Record<string, string>;
  same_name: string[][];
  different_name: string[][];
}
const cases = JSON.parse(readFileSync('../domain/kernel/kerneltest/fold.json', 'utf8')) as Cases;
const pairs = (lists: string[][]): [string, string][] =>
  lists.flatMap((list) => list.flatMap((a, i) => list.slice(i + 1).map((b): [string, string] => [a, b])));

it.each(pairs(cases.same))('%j and %j are the same', (a, b) => expect(alike(a, b)).toBe(true));
it.each(pairs(cases.different))('%j and %j are not the same', (a, b) => expect(alike(a, b)).toBe(false));
it.each(Object.entries(cases.folded))('%j is folded to %j', (text, folded) => expect(fold(text)).toBe(folded));
it.each(pairs(cases.same_name))('%j and %j are one name', (a, b) => expect(nameKey(a)).toBe(nameKey(b)));
it.each(pairs(cases.different_name))('%j and %j are two names', (a, b) => expect(nameKey(a)).not.toBe(nameKey(b)));
