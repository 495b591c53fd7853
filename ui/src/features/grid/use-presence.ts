import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { peopleQuery } from '@/api/comments';
import type { GridController } from '@/grid/controller';
import { softOf } from '@/lib/colors';
import { useSession } from '@/lib/session';
import type { Present } from '@/realtime/table-stream';
import { tellPresence } from './api/rows';

/** The server forgets a window that is silent for 25 s. */
const AGAIN_MS = 10_000;
/** Moves of the selection are told at most so often. */
const GATHER_MS = 600;

/** Somebody else who has the table open. */
export interface Other {
  id: string;
  name: string;
  editing: boolean;
}

/** Tells the others which cell is selected here, and shows theirs; returns who they are, and what the stream has to be told to. */
export function usePresence(ws: string, table: string, grid: GridController | null) {
  const me = useSession((s) => s.user?.id ?? '');
  const [there, setThere] = useState<Present[]>([]);
  const heard = useCallback((people: Present[]) => setThere(people.filter((p) => p.user_id !== me)), [me]);
  const { data: members } = useQuery({ ...peopleQuery(ws), enabled: there.length > 0 });
  useTelling(ws, table, grid);
  const others = useMemo(() => {
    const names = new Map(members?.map((m) => [m.user_id, m.name]));
    const byId = new Map<string, Other>();
    for (const p of there) {
      const name = names.get(p.user_id);
      if (name === undefined) continue;
      const editing = (p.editing ?? false) || (byId.get(p.user_id)?.editing ?? false);
      byId.set(p.user_id, { id: p.user_id, name, editing });
    }
    return [...byId.values()].sort((a, b) => a.name.localeCompare(b.name));
  }, [there, members]);
  useEffect(() => {
    const names = new Map(others.map((o) => [o.id, o.name]));
    grid?.others.show(
      there.flatMap((p) => {
        const name = names.get(p.user_id);
        if (!p.row_id || !p.column_id || name === undefined) return [];
        const soft = softOf(name);
        return {
          rowId: p.row_id,
          columnId: p.column_id,
          label: p.editing ? `${name} is editing` : name,
          colour: `var(--soft-${soft}-ink)`,
          ink: `var(--soft-${soft})`,
        };
      }),
    );
  }, [grid, there, others]);
  return { others, heard };
}

/** Says where this window is: as the selection moves, again before it is forgotten, and when it closes. */
function useTelling(ws: string, table: string, grid: GridController | null): void {
  const [name] = useState(() => crypto.randomUUID());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (!grid) return;
    let last = '';
    const tell = (gone: boolean, again: boolean): void => {
      const at = grid.currentCell();
      const said = {
        window: name,
        ...(at ? { row_id: at.rowId, column_id: at.columnId } : {}),
        ...(grid.editing.get() ? { editing: true } : {}),
        ...(gone ? { gone } : {}),
      };
      const text = JSON.stringify(said);
      if (text === last && !again) return;
      last = text;
      tellPresence(ws, table, said, gone).catch(() => undefined); // the next one says it again
    };
    const moved = (): void => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        tell(false, false);
      }, GATHER_MS);
    };
    const again = setInterval(() => {
      if (document.visibilityState === 'visible') tell(false, true);
    }, AGAIN_MS);
    const leave = (): void => tell(true, true);
    const back = (): void => {
      if (document.visibilityState === 'visible') tell(false, true);
    };
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', back);
    const stops = [grid.selection.summary.subscribe(moved), grid.editing.subscribe(moved)];
    moved();
    return () => {
      window.removeEventListener('pagehide', leave);
      document.removeEventListener('visibilitychange', back);
      for (const stop of stops) stop();
      clearInterval(again);
      clearTimeout(timer.current);
      timer.current = undefined;
      leave();
    };
  }, [ws, table, grid, name]);
}
