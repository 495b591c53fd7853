import { describe, expect, it } from 'vitest';
import { pastedFile } from './pasted';

describe('a pasted list', () => {
  it.each([
    ['cells of a spreadsheet', 'Company\tCountry\nAcme\tDE\n', 'Pasted list.tsv', 'Company\tCountry\nAcme\tDE\n'],
    ['one column', 'Acme\nGlobex', 'Pasted list.csv', 'Acme\nGlobex\n'],
    ['commas', 'a,b\r\n1,2', 'Pasted list.csv', 'a,b\r\n1,2\n'],
    ['empty lines around', '\n \nAcme\n\n\n', 'Pasted list.csv', 'Acme\n'],
    ['an empty first cell', '\tx\n1\t2', 'Pasted list.tsv', '\tx\n1\t2\n'],
  ])('is a file: %s', async (_, text, name, content) => {
    const file = pastedFile(text);
    expect(file?.name).toBe(name);
    expect(await file?.text()).toBe(content);
  });
  it.each(['', ' ', '\n\n', '\t \n'])('is nothing: %j', (text) => expect(pastedFile(text)).toBeNull());
});
