import { describe, expect, test } from 'vitest';
import { replaceText, searchedText, textMatch } from './text-search';

const search = (text: string, matchCase = false, wholeCell = false) => ({ text, matchCase, wholeCell });

describe('a text search', () => {
  test.each([
    ['each occurrence', search('a'), 'banana', 'o', 'bonono'],
    ['in any case', search('ÄRGER'), 'Ärger, ärger', 'x', 'x, x'],
    ['accents count', search('Muller'), 'Müller', 'x', 'Müller'],
    ['in this case only', search('IT', true), 'IT it', 'x', 'x it'],
    ['the whole cell', search('inc', false, true), 'Inc', 'Ltd', 'Ltd'],
    ['not a part of it', search('inc', false, true), 'Acme Inc', 'Ltd', 'Acme Inc'],
    ['whole cell and case', search('inc', true, true), 'Inc', 'Ltd', 'Inc'],
    ['lines are no ends', search('a', false, true), 'a\nb', 'x', 'a\nb'],
    ['signs are signs', search('.*(-]/'), 'a.*(-]/b', '$&', 'a$&b'],
    ['nothing in the place of it', search('GmbH'), 'Acme GmbH', '', 'Acme '],
  ])('%s', (_name, s, text, by, want) => {
    expect(replaceText(s, text, by)).toBe(want);
    expect(textMatch(s)?.(text)).toBe(want !== text);
  });
  test('without a text there is none', () => {
    expect(textMatch(search(''))).toBeNull();
  });
  test.each([
    [null, ''],
    [1234.5, '1234.5'],
    [true, 'true'],
    [['big', 'acme'], 'big, acme'],
    [{ a: [1] }, '{"a":[1]}'],
  ])('%j is looked into as %s', (value, text) => {
    expect(searchedText(value)).toBe(text);
  });
});
