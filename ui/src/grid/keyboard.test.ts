import { describe, expect, it } from 'vitest';
import { groupKey, helpKey, keyAction, undoKey, type KeyPress } from './keyboard';

const press = (key: string, mods: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...mods,
});
const ctrl = { ctrlKey: true };
const shift = { shiftKey: true };
const both = { ...ctrl, ...shift };

it.each([
  [press('ArrowDown', shift), { do: 'extend', move: { by: 'cell', direction: 'down' } }],
  [press('ArrowRight', both), { do: 'extend', move: { by: 'edge', direction: 'right' } }],
  [press('ArrowUp', { metaKey: true }), { do: 'jump', move: { by: 'edge', direction: 'up' } }],
  [press('Home'), { do: 'jump', move: { to: 'row-start' } }],
  [press('End'), { do: 'jump', move: { to: 'row-end' } }],
  [press('Home', ctrl), { do: 'jump', move: { to: 'table-start' } }],
  [press('End', both), { do: 'extend', move: { to: 'table-end' } }],
  [press('Home', shift), { do: 'extend', move: { to: 'row-start' } }],
  [press('d', ctrl), { do: 'fill-down' }],
  [press(';', ctrl), { do: 'today' }],
  [press('+', both), { do: 'insert-row' }],
  [press('=', both), { do: 'insert-row' }],
  [press('-', ctrl), { do: 'delete-rows' }],
  [press('_', both), { do: 'delete-rows' }],
  [press('Delete'), { do: 'clear' }],
  [press(' ', shift), { do: 'select-rows' }],
  [press(' ', ctrl), { do: 'select-columns' }],
  [press('ArrowDown'), null],
  [press('='), null],
  [press('=', ctrl), null],
  [press('a'), null],
  [press('Enter'), null],
  [press('c', ctrl), null],
])('%j', (key, action) => {
  expect(keyAction(key)).toEqual(action);
});

it.each([
  [press('Z', both), 'redo'],
  [press('z', { metaKey: true }), 'undo'],
  [press('y', ctrl), 'redo'],
  [press('z', { ctrlKey: true, altKey: true }), null],
  [press('z'), null],
])('%j takes back', (key, name) => {
  expect(undoKey(key)).toBe(name);
});

it.each([
  [press('?', shift), true],
  [press('/', ctrl), true],
  [press('?', both), true],
  [press('/'), false],
  [press('?', { altKey: true }), false],
])('%j shows the keys: %s', (key, shown) => {
  expect(helpKey(key)).toBe(shown);
});

describe('a key on a group', () => {
  it('opens a closed group and closes an open one', () => {
    expect([groupKey('ArrowRight', false), groupKey('ArrowLeft', true)]).toEqual([true, true]);
    expect([groupKey('ArrowRight', true), groupKey('ArrowLeft', false), groupKey('ArrowDown', true)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(groupKey('Enter', true) && groupKey(' ', false)).toBe(true);
  });
});
