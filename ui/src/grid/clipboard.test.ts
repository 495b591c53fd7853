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

it('reads what a spreadsheet had copied', async () => {
  const { default: text } = await import('./testdata/clipboard.tsv?raw');
  expect(parseTSV(text)).toEqual([
    ['name', 'note', 'qty'],
    ['Acme', 'two\nlines', '1'],
    ['Bolt', 'a\ttab and "quotes"', '2'],
    ['Cord', '5" pipe', '3'],
    ['Dune', '', '4'],
  ]);
  expect(parseTSV(text.replaceAll('\n', '\r\n'))).toEqual(parseTSV(text));
});
it('gives one cell as it is, without quotes', () => {
  for (const cell of ['two\nlines', '"quoted"', 'a\ttab', '{"a":[1,2]}', '']) {
    expect(toTSV([[cell]])).toBe(cell);
    expect(readClipboard(toTSV([[cell]]), toHTML([[cell]]))).toEqual([[cell]]);
  }
});
it('reads back through both of its forms whatever cells hold', () => {
  const matrix = [
    [' spaces  kept ', 'a\u00a0b', '\n'],
    ['"x"', '\ttab\t', '<br>&amp;'],
    ['', 'New York, NY', '["a","b"]'],
  ];
  expect(readClipboard(toTSV(matrix), toHTML(matrix))).toEqual(matrix);
  expect(readClipboard(toTSV(matrix), '')).toEqual(matrix);
});
it('reads a big text in time', () => {
  const matrix = Array.from({ length: 5_000 }, (_, i) => [`"${String(i)}`, 'a\nb', 'plain']);
  expect(parseTSV(toTSV(matrix))).toEqual(matrix);
  expect(rectangular(Array.from({ length: 200_000 }, () => ['x']))).toHaveLength(200_000);
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
  it('leaves the places below a merged cell empty', () => {
    expect(
      parseHTML(
        '<table><tr><td rowspan="2">a</td><td colspan="2" rowspan="2">b</td></tr><tr><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>',
      ),
    ).toEqual([
      ['a', 'b', ''],
      ['', '', '', 'c'],
      ['d', 'e'],
    ]);
    expect(
      parseHTML('<table><tr><td>x</td><td rowspan="0">y</td></tr><tr><td>1</td></tr><tr><td>2</td></tr></table>'),
    ).toEqual([
      ['x', 'y'],
      ['1', ''],
      ['2', ''],
    ]);
  });
  it('takes no more than its bounds', () => {
    const row = '<tr><td colspan="1000">a</td><td colspan="1000">b</td></tr>';
    expect(parseHTML(`<table>${row.repeat(600)}</table>`)).toBeNull();
  });
  it('reads paragraphs as lines and no style as text', () => {
    expect(parseHTML('<table><tr><td><style>p{}</style><p>a</p>\n<p>b&nbsp;c</p></td></tr></table>')).toEqual([
      ['a\nb c'],
    ]);
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
  it('takes one cell that was quoted for its lines without the quotes, and one with quotes of its own with them', () => {
    const html = (cell: string): string => `<table><tr><td>${cell}</td></tr></table>`;
    expect(readClipboard('"a\nb"\r\n', html('a<br>b'))).toEqual([['a\nb']]);
    expect(readClipboard('"said"', html('"said"'))).toEqual([['"said"']]);
    expect(readClipboard('a\tb', html('a b'))).toEqual([['a\tb']]);
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
