import { beforeEach, describe, expect, it } from 'vitest';
import { keepLayout, keptLayout } from './kept-layout';

const ofView = [
  { id: 'a', hidden: false, pinned: false },
  { id: 'b', hidden: false, pinned: false, width: 120 },
];
const KEY = 'morket.layout.usr_1.tbl_1.viw_1';

describe("a person's own layout", () => {
  beforeEach(() => localStorage.clear());
  it.each([
    ['a hidden column', [{ ...ofView[0], hidden: true }, ofView[1]]],
    ['a width', [ofView[0], { ...ofView[1], width: 200 }]],
    ['a pin', [{ ...ofView[0], pinned: true }, ofView[1]]],
    ['another order', [ofView[1], ofView[0]]],
  ])('keeps %s', (_what, layout) => {
    keepLayout(KEY, layout as typeof ofView, ofView);
    expect(keptLayout(KEY)).toEqual(layout);
  });
  it('is forgotten when it is the layout of the view again', () => {
    keepLayout(KEY, [...ofView].reverse(), ofView);
    keepLayout(KEY, ofView, ofView);
    expect(keptLayout(KEY)).toBeNull();
    expect(localStorage).toHaveLength(0);
  });
  it.each([
    ['nothing', null],
    ['what is no JSON', '{'],
    ['no list', '{"id":"a"}'],
    ['no ids', '[{"hidden":true,"pinned":false}]'],
    ['a width in words', '[{"id":"a","hidden":true,"pinned":false,"width":"wide"}]'],
  ])('is none where the browser holds %s', (_what, text) => {
    if (text !== null) localStorage.setItem(KEY, text);
    expect(keptLayout(KEY)).toBeNull();
  });
});
