import { describe, expect, it } from 'vitest';
import { pieces, spelled, writeText } from './signs';

const labels = (text: string, lines = false): string =>
  pieces(text, lines)
    .map((p) => (typeof p === 'string' ? p : `<${p.label}>`))
    .join('');

describe('signs that are not seen', () => {
  it.each([
    ['invoice\u202Efdp.exe', 'invoice<RLO>fdp.exe'],
    ['a\u2066b\u2069c', 'a<LRI>b<PDI>c'],
    ['\ufeffName', '<BOM>Name'],
    ['pass\u200bword', 'pass<ZWSP>word'],
    ['a\u200db', 'a<ZWJ>b'],
    ['a\u0000\u0007\u001b[0m\u007f\u0085\u009b', 'a<NUL><BEL><ESC>[0m<DEL><NEL><U+009B>'],
    ['one\ttwo\r\nthree\rfour', 'one<⇥>two<↵>three<CR>four'],
    ['a\u2028b', 'a<LS>b'],
    ['ㅤ', '<HF>'],
    ['hi\u{e0068}\u{e0069}', 'hi<TAG>'],
    ['a\ufe0f', 'a\ufe0f'],
    ['a \ufe0f', 'a <U+FE0F>'],
    ['a\u{110bd}', 'a\u{110bd}'],
  ])('%j is shown as %j', (text, shown) => expect(labels(text)).toBe(shown));

  it.each([
    'Plain, “quoted” – naïve\u00a0text',
    '👩🏽\u200d💻 ❤\ufe0f 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    'می\u200cخواهم',
    'क्\u200dष',
    'שלום 日本 가',
  ])('%j is as it is', (text) => expect(labels(text)).toBe(text));

  it('leaves tabs and line breaks where lines are shown', () =>
    expect(labels('a\n\tb\u202e', true)).toBe('a\n\tb<RLO>'));

  it('puts the same sign in a row together', () =>
    expect(pieces('a\u200b\u200b\u200bb')).toEqual([
      'a',
      { chars: '\u200b\u200b\u200b', label: 'ZWSP', name: 'zero-width space' },
      'b',
    ]));

  it('keeps every character, and says what a mark is', () => {
    const el = document.createElement('div');
    const text = 'x\u202e\u0000\ty\r\nz\u200b';
    writeText(el, text);
    expect(el.textContent).toBe(text);
    expect([...el.querySelectorAll('[role="img"]')].map((m) => m.getAttribute('aria-label'))).toEqual([
      'right-to-left override',
      'control character NUL',
      'tab',
      'line break',
      'zero-width space',
    ]);
  });

  it('spells them for titles and labels', () => expect(spelled('gpj\u202e.exe')).toBe('gpj[RLO].exe'));
});
