import type { Direction } from './range';

/** Where a key takes the end of the range. An edge is that of the values in its row or column, then that of the table. */
export type Move =
  { by: 'cell' | 'edge'; direction: Direction } | { to: 'row-start' | 'row-end' | 'table-start' | 'table-end' };

/** What a key does in the grid when no cell is being edited. */
export type KeyAction =
  | { do: 'extend' | 'jump'; move: Move }
  | {
      do:
        | 'clear'
        | 'fill-down'
        | 'fill-right'
        | 'find'
        | 'replace'
        | 'quick-search'
        | 'select-all'
        | 'select-rows'
        | 'select-columns'
        | 'open-row'
        | 'comment'
        | 'insert-row'
        | 'delete-rows'
        | 'today'
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
export const directionOf = (key: string): Direction | undefined => arrows[key];

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  /** The key's place: with Alt some keyboards type another sign. */
  code?: string;
}

/** Null leaves the key to the grid: arrows, Tab, Enter, F2 and typing are its own. */
export function keyAction(e: KeyPress): KeyAction | null {
  const mod = e.ctrlKey || e.metaKey;
  const move = moveOf(e.key, mod);
  if (move && e.shiftKey) return { do: 'extend', move };
  if (move && (mod || 'to' in move)) return { do: 'jump', move };
  if (mod && e.altKey) return e.code === 'KeyM' || e.key.toLowerCase() === 'm' ? { do: 'comment' } : null;
  if (mod) return modified(e);
  if (e.key === 'Delete' || e.key === 'Backspace') return { do: 'clear' };
  if (e.key === ' ' && e.shiftKey) return { do: 'select-rows' };
  if (e.key === ' ') return { do: 'toggle' };
  if (e.key === 'Enter' && e.shiftKey) return { do: 'insert-row' };
  if (e.key === 'Escape') return { do: 'collapse' };
  if (e.key === 'ContextMenu' || (e.key === 'F10' && e.shiftKey)) return { do: 'column-menu' };
  return null;
}

function moveOf(key: string, mod: boolean): Move | null {
  const direction = arrows[key];
  if (direction) return { by: mod ? 'edge' : 'cell', direction };
  if (key === 'Home') return { to: mod ? 'table-start' : 'row-start' };
  if (key === 'End') return { to: mod ? 'table-end' : 'row-end' };
  return null;
}

function modified(e: KeyPress): KeyAction | null {
  switch (e.key.toLowerCase()) {
    case 'd':
      return { do: 'fill-down' };
    case 'r':
      return { do: 'fill-right' };
    case 'f':
      return e.shiftKey ? { do: 'quick-search' } : { do: 'find' };
    case 'h':
      return { do: 'replace' };
    case 'a':
      return { do: 'select-all' };
    case 'enter':
      return { do: 'open-row' };
    case ' ':
      return { do: 'select-columns' };
    case ';':
      return { do: 'today' };
    case '+': // with Shift on most keyboards
      return { do: 'insert-row' };
    case '=':
      return e.shiftKey ? { do: 'insert-row' } : null; // without Shift it makes the page larger
    case '-': // in the grid it doesn't make the page smaller
    case '_':
      return { do: 'delete-rows' };
    default:
      return null;
  }
}

/** Whether a key opens or closes the group that has the focus. */
export function groupKey(key: string, open: boolean): boolean {
  if (key === 'Enter' || key === ' ') return true;
  return key === (open ? 'ArrowLeft' : 'ArrowRight');
}

/** Undo and redo work wherever the focus is, but in a field, which has an undo of its own. */
export function undoKey(e: KeyPress): 'undo' | 'redo' | null {
  if (!(e.ctrlKey || e.metaKey) || e.altKey) return null;
  const key = e.key.toLowerCase();
  if (key === 'z') return e.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !e.shiftKey ? 'redo' : null;
}

/** The list of keys is shown by Ctrl+/, and by ? where that types nothing. */
export function helpKey(e: KeyPress): boolean {
  const mod = e.ctrlKey || e.metaKey;
  return !e.altKey && ((mod && (e.key === '/' || e.key === '?')) || (!mod && e.key === '?'));
}
