import type { Direction } from './range';

/** What a key does in the grid when no cell is being edited. */
export type KeyAction =
  | { do: 'extend'; direction: Direction; edge: boolean }
  | { do: 'jump'; direction: Direction }
  | {
      do:
        | 'clear'
        | 'fill-down'
        | 'fill-right'
        | 'find'
        | 'select-all'
        | 'select-rows'
        | 'open-row'
        | 'insert-row'
        | 'toggle'
        | 'column-menu'
        | 'collapse';
    };

const arrows: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** Null leaves the key to the grid: arrows, Tab, Enter, F2 and typing are its own. */
export function keyAction(e: KeyPress): KeyAction | null {
  const mod = e.ctrlKey || e.metaKey;
  const direction = arrows[e.key];
  if (direction && e.shiftKey) return { do: 'extend', direction, edge: mod };
  if (direction && mod) return { do: 'jump', direction };
  if (mod) return modified(e);
  if (e.key === 'Delete' || e.key === 'Backspace') return { do: 'clear' };
  if (e.key === ' ' && e.shiftKey) return { do: 'select-rows' };
  if (e.key === ' ') return { do: 'toggle' };
  if (e.key === 'Enter' && e.shiftKey) return { do: 'insert-row' };
  if (e.key === 'Escape') return { do: 'collapse' };
  if (e.key === 'ContextMenu' || (e.key === 'F10' && e.shiftKey)) return { do: 'column-menu' };
  return null;
}

function modified(e: KeyPress): KeyAction | null {
  switch (e.key.toLowerCase()) {
    case 'd':
      return { do: 'fill-down' };
    case 'r':
      return { do: 'fill-right' };
    case 'f':
      return { do: 'find' };
    case 'a':
      return { do: 'select-all' };
    case 'enter':
      return { do: 'open-row' };
    default:
      return null;
  }
}

/** Undo and redo work wherever the focus is, but in a field, which has an undo of its own. */
export function undoKey(e: KeyPress): 'undo' | 'redo' | null {
  if (!(e.ctrlKey || e.metaKey) || e.altKey) return null;
  const key = e.key.toLowerCase();
  if (key === 'z') return e.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !e.shiftKey ? 'redo' : null;
}
