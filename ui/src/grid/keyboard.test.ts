import { expect, it } from 'vitest';
import { keyAction, type KeyPress } from './keyboard';

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
  [press('Z', { ctrlKey: true, shiftKey: true }), { do: 'redo' }],
  [press('z', { metaKey: true }), { do: 'undo' }],
  [press('Delete'), { do: 'clear' }],
  [press(' ', { shiftKey: true }), { do: 'select-rows' }],
  [press('a'), null],
  [press('Enter'), null],
  [press('c', { ctrlKey: true }), null],
])('%j', (key, action) => {
  expect(keyAction(key)).toEqual(action);
});
