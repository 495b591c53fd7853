import { describe, expect, it } from 'vitest';
import { COLUMN_TYPES } from '@/grid/column-types';
import { typesLike } from './type-search';

const all = COLUMN_TYPES.map((t) => t.type);

describe('the search for a column type', () => {
  it.each([
    ['', all],
    ['num', ['number']],
    ['money', ['currency']],
    ['YES', ['boolean']],
    ['website', ['url']],
    ['tags', ['multi_select']],
    ['last by', ['updated_by']],
    ['nothing like it', []],
  ])('finds by name and by other words: %s', (text, want) => {
    expect(typesLike(text, all).map((t) => t.type)).toEqual(want);
  });
  it('keeps to the types that are on offer', () => {
    expect(typesLike('date', ['date', 'text']).map((t) => t.type)).toEqual(['date']);
  });
});
