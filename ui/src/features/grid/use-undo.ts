import { useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import type { UndoAnswer, UndoStep } from '@/api/types';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { redo, undo, undoStack } from './api/rows';
import type { Overlay } from './panel';

export interface Undo {
  undo: (steps?: string[], force?: boolean) => Promise<void>;
  redo: () => Promise<void>;
  /** One gesture made several steps: one undo takes them all back. */
  group: (positions: number[]) => void;
}

/** Undo and redo on the server; what could not be taken back is said. */
export function useUndo(ws: string, table: string, setOverlay: (o: Overlay) => void, done: () => void): Undo {
  const busy = useRef(false);
  const groups = useRef<number[][]>([]);

  const report = (verb: string, answer: UndoAnswer): void => {
    const conflicts = answer.conflicts?.length ?? 0;
    const reasons = answer.not_undoable ?? [];
    done();
    if (conflicts > 0) {
      setOverlay({
        kind: 'conflicts',
        count: conflicts,
        reasons,
        force: () => void run('undo', [answer.undone_step], true),
      });
      return;
    }
    const parts = [answer.rows > 0 && plural(answer.rows, 'row'), answer.cells > 0 && plural(answer.cells, 'cell')];
    const what = parts.filter(Boolean).join(' and ') || 'the last step';
    toast.info([`${verb} ${what}`, ...reasons].join('. '));
  };

  /** The steps of the last gesture when it made several, else nothing: then the server takes the last step. */
  const groupedSteps = async (): Promise<string[] | undefined> => {
    const group = groups.current.at(-1);
    if (!group || group.length < 2) return undefined;
    const { undo: stack } = await undoStack(ws, table);
    const wanted = new Set(group.flatMap((position) => stepAt(stack, position)?.id ?? []));
    if (!stack[0] || !wanted.has(stack[0].id)) return undefined;
    groups.current.pop();
    const steps = stack.filter((s) => wanted.has(s.id)).map((s) => s.id);
    return steps.length > 1 ? steps : undefined;
  };

  const run = async (name: 'undo' | 'redo', steps?: string[], force?: boolean): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    try {
      const answer =
        name === 'undo' ? await undo(ws, table, steps ?? (await groupedSteps()), force) : await redo(ws, table);
      report(name === 'undo' ? 'Undid' : 'Redid', answer);
    } catch (e) {
      toast.info(messageOf(e));
    } finally {
      busy.current = false;
    }
  };
  const [api] = useState<Undo>(() => ({
    undo: (steps, force) => run('undo', steps, force),
    redo: () => run('redo'),
    group: (positions) => {
      if (positions.length > 1) groups.current = [...groups.current.slice(-20), positions];
    },
  }));
  return api;
}

/** The step that a command made: a step has the position of its first event, the command's answer that of its last. */
function stepAt(stack: readonly UndoStep[], position: number): UndoStep | undefined {
  return stack.filter((s) => s.position <= position).sort((a, b) => b.position - a.position)[0];
}
