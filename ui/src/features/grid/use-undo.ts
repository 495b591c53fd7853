import { useEffect, useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { UndoAnswer } from '@/api/types';
import { undoKey } from '@/grid/keyboard';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { takeBack } from './api/rows';
import type { Overlay } from './panel';

export interface Undo {
  undo: (steps?: string[], force?: boolean) => Promise<void>;
  redo: (steps?: string[], force?: boolean) => Promise<void>;
}

export interface UndoHost {
  workspaceId: string;
  tableId: string;
  /** The edits that are on their way come first: they are what is to be undone. */
  settled: () => Promise<void>;
  /** Something was taken back, at the position. */
  done: (position: number) => void;
  show: (overlay: Overlay) => void;
}

type Name = 'undo' | 'redo';

/** Undo and redo on the server, one after the other however quickly they are asked for; what could not be taken back is said. */
export function useUndo(host: UndoHost): Undo {
  const latest = useRef(host);
  useEffect(() => {
    latest.current = host;
  });
  const last = useRef<Promise<void>>(Promise.resolve());
  const [api] = useState<Undo>(() => {
    const run = async (name: Name, steps?: string[], force?: boolean): Promise<void> => {
      const { workspaceId, tableId, settled, done } = latest.current;
      try {
        await settled();
        const { data, position } = await takeBack(workspaceId, tableId, name, steps, force);
        done(position);
        report(name, data);
      } catch (e) {
        toast.info(messageOf(e));
      }
    };
    const queued = (name: Name, steps?: string[], force?: boolean): Promise<void> => {
      last.current = last.current.then(() => run(name, steps, force));
      return last.current;
    };
    const report = (name: Name, answer: UndoAnswer): void => {
      const conflicts = answer.conflicts ?? [];
      if (conflicts.length > 0) {
        latest.current.show({
          kind: 'conflicts',
          name,
          answer,
          force: () => void queued(name, [answer.undone_step], true),
        });
        return;
      }
      const parts = [answer.rows > 0 && plural(answer.rows, 'row'), answer.cells > 0 && plural(answer.cells, 'cell')];
      const size = parts.filter(Boolean).join(' and ');
      const what = answer.label ? `“${answer.label}”${size && `: ${size}`}` : size || 'the last step';
      toast.info([`${name === 'undo' ? 'Undone' : 'Redone'}: ${what}`, ...(answer.not_undoable ?? [])].join('. '));
    };
    return {
      undo: (steps, force) => queued('undo', steps, force),
      redo: (steps, force) => queued('redo', steps, force),
    };
  });
  return api;
}

/** Ctrl+Z and Ctrl+Y wherever the focus is on the page, but in a field, which has an undo of its own, or under a dialog. */
export function useUndoKeys(undo: Undo, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const pressed = (e: KeyboardEvent): void => {
      const name = undoKey(e);
      if (!name || e.defaultPrevented || ownUndo(e.target) || document.querySelector('dialog[open]')) return;
      e.preventDefault();
      void undo[name]();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [undo, active]);
}

const TEXT = /^(?:text|search|email|url|tel|number|password|date|datetime-local|time|month|week)$/;

function ownUndo(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('.ag-cell-inline-editing, .ag-popup-editor')) return true;
  if (target instanceof HTMLTextAreaElement) return !target.readOnly && !target.disabled;
  return target instanceof HTMLInputElement && TEXT.test(target.type) && !target.readOnly && !target.disabled;
}
