import { describe, expect, it } from 'vitest';
import { parseHTML, parseTSV, readClipboard, rectangular, toHTML, toTSV } from './clipboard';

describe('tab-separated text', () => {
  it.each([
    ['a', [['a']]],
    [
      'a\tb\nc\td',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a\tb\r\nc\td\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['"two\nlines"\tb', [['two\nlines', 'b']]],
    ['"a ""quoted"" word"\tx', [['a "quoted" word', 'x']]],
    ['"tab\there"', [['tab\there']]],
    ['5" pipe\tb', [['5" pipe', 'b']]],
    ['"not closed\tb', [['"not closed', 'b']]],
    ['"a"b\tc', [['"a"b', 'c']]],
    [
      '\t\n\t',
      [
        ['', ''],
        ['', ''],
      ],
    ],
    ['', [['']]],
  ])('reads %j', (text, matrix) => {
    expect(parseTSV(text)).toEqual(matrix);
  });

  it('reads back what it wrote, whatever the cells hold', () => {
    const matrix = [
      ['plain', 'with\ttab', 'two\nlines'],
      ['"starts quoted', 'a "word" inside', ''],
      ['  spaces  ', '=1+1', '12,5'],
    ];
    expect(parseTSV(toTSV(matrix))).toEqual(matrix);
  });
});

describe('HTML tables', () => {
  it('reads back what it wrote', () => {
    const matrix = [
      ['a & b', '<tag>'],
      ['two\nlines', 'x'],
    ];
    expect(parseHTML(toHTML(matrix))).toEqual(matrix);
  });
  it('keeps merged cells in their first place', () => {
    expect(parseHTML('<table><tr><td colspan="2">a</td><td>b</td></tr></table>')).toEqual([['a', '', 'b']]);
  });
  it('has none where there is no table', () => {
    expect(parseHTML('<p>text</p>')).toBeNull();
  });
});

describe('the clipboard', () => {
  it('prefers the text, whose numbers are not rounded', () => {
    expect(readClipboard('1.23456', '<table><tr><td>1.23</td></tr></table>')).toEqual([['1.23456']]);
  });
  it('takes the table of Google Sheets', () => {
    const html = '<google-sheets-html-origin><table><tr><td>a<br>b</td><td>c</td></tr></table>';
    expect(readClipboard('a\nb\tc', html)).toEqual([['a\nb', 'c']]);
  });
  it('takes a single cell with lines as one cell', () => {
    expect(readClipboard('a\nb', '<table><tr><td>a<br>b</td></tr></table>')).toEqual([['a\nb']]);
  });
  it('is nothing when it is empty', () => {
    expect(readClipboard('', '')).toBeNull();
  });
  it('makes ragged rows equally long', () => {
    expect(rectangular([['a'], ['b', 'c']])).toEqual([
      ['a', ''],
      ['b', 'c'],
    ]);
  });
});
