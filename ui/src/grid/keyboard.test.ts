import { expect, it } from 'vitest';
import { keyAction, undoKey, type KeyPress } from './keyboard';

const press = (key: string, mods: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...mods,
});

it.each([
  [press('ArrowDown', { shiftKey: true }), { do: 'extend', direction: 'down', edge: false }],
  [press('ArrowRight', { shiftKey: true, ctrlKey: true }), { do: 'extend', direction: 'right', edge: true }],
  [press('ArrowUp', { metaKey: true }), { do: 'jump', direction: 'up' }],
  [press('d', { ctrlKey: true }), { do: 'fill-down' }],
  [press('Delete'), { do: 'clear' }],
  [press(' ', { shiftKey: true }), { do: 'select-rows' }],
  [press('a'), null],
  [press('Enter'), null],
  [press('c', { ctrlKey: true }), null],
])('%j', (key, action) => {
  expect(keyAction(key)).toEqual(action);
});

it.each([
  [press('Z', { ctrlKey: true, shiftKey: true }), 'redo'],
  [press('z', { metaKey: true }), 'undo'],
  [press('y', { ctrlKey: true }), 'redo'],
  [press('z', { ctrlKey: true, altKey: true }), null],
  [press('z'), null],
])('%j takes back', (key, name) => {
  expect(undoKey(key)).toBe(name);
});
