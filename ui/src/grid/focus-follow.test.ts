import { describe, expect, it } from 'vitest';
import { FocusFollow } from './focus-follow';

const at = (row: number) => ({ row, col: 0 });

describe('the selection that follows the focus', () => {
  it('goes where the grid says, also to the same cell again', () => {
    const follow = new FocusFollow();
    expect(follow.told(at(1))).toBe(true);
    expect(follow.ahead(at(1))).toBe(false);
    expect(follow.told(at(1))).toBe(true);
  });
  it('goes ahead for a key, and what is told of the moves before changes nothing', () => {
    const follow = new FocusFollow();
    follow.told(at(5));
    expect(follow.ahead(at(3))).toBe(true); // two presses of ↑, of which nothing is told yet
    expect(follow.ahead(at(3))).toBe(false); // the next key
    expect([follow.told(at(4)), follow.told(at(3))]).toEqual([false, false]);
    expect(follow.told(at(2))).toBe(true);
  });
  it('does not wait for ever for what is never told', () => {
    let now = 0;
    const follow = new FocusFollow(() => now);
    follow.ahead(at(3));
    now = 2_000;
    expect(follow.told(at(7))).toBe(true);
    expect(follow.ahead(at(7))).toBe(false);
  });
});
