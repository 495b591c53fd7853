import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api } from '@/api/client';
import { commentsChanged } from '@/api/comments';
import type { Table } from '@/api/types';
import { isComputed, type CellState } from '@/grid/model';
import type { GridController } from '@/grid/controller';
import type { Patch } from '@/realtime/patches.gen';
import { useSession } from '@/lib/session';
import { TableStream, type Opened, type Present } from '@/realtime/table-stream';
import { openStream } from './api/rows';
import { tableChanged } from './api/table';

/** Follows the table's stream and brings what others do to the grid; returns whether it is connected. */
export function useLive(
  ws: string,
  table: Table,
  grid: GridController | null,
  /** Whether new rows may come in between others; whether values of the columns decide about groups. */
  order: { ordered: () => boolean; grouped: (columns: readonly string[]) => boolean },
  recount: (position?: number) => void,
  presence: (people: Present[]) => void,
): boolean {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  const { id } = table;
  const userId = useSession((s) => s.user?.id ?? '');
  const looksInto = (table.lookups ?? []).map((l) => l.column_id + (l.table ?? '')).join(); // other tables, another stream
  const latest = useRef(table);
  useEffect(() => {
    latest.current = table;
  });
  useEffect(() => {
    if (!grid) return;
    let stream: TableStream | undefined;
    const apply = (patch: Patch): void => {
      switch (patch.kind) {
        case 'cells':
          grid.patch({
            position: patch.position,
            rows: patch.rows ?? [],
            cols: Object.fromEntries(Object.entries(patch.cols ?? {}).map(([c, v]) => [c, v ?? []])),
            states: (patch.states ?? undefined) as Record<string, Record<string, CellState>> | undefined,
          });
          if (order.grouped(Object.keys(patch.cols ?? {}))) recount(patch.position);
          if (latest.current.columns.some(isComputed)) {
            api.remember(ws, patch.position); // what the edit makes of formulas is computed with it, and in no patch
            grid.refreshSoon(true);
          }
          return;
        case 'rows_added': {
          const fresh = (patch.rows ?? []).some((r) => !grid.cache.get(r));
          if (fresh && order.ordered()) grid.refreshSoon(true);
          recount(patch.position);
          return;
        }
        case 'rows_deleted':
        case 'rows_restored':
          grid.refreshSoon(true);
          recount(patch.position);
          return;
        case 'computed':
          api.remember(ws, patch.position);
          grid.refreshSoon(true);
          void client.invalidateQueries({ queryKey: ['table', ws, id] });
          return;
        case 'schema':
          void tableChanged(client, ws, id, patch.position);
          return;
        case 'comment':
          api.remember(ws, patch.position);
          void commentsChanged(client, ws, id);
          if (patch.comment?.mentions?.includes(userId)) void client.invalidateQueries({ queryKey: ['mentions', ws] });
          return;
        case 'job':
          void client.invalidateQueries({ queryKey: ['jobs', ws] });
          void client.invalidateQueries({ queryKey: ['credits', ws] });
      }
    };
    const port = { open: (last: string | undefined, signal: AbortSignal) => openStream(ws, id, last, signal) };
    const events = {
      patch: apply,
      connected: setConnected,
      presence,
      opened: (now: Opened): void => {
        const known = latest.current;
        if (now.schema_version !== undefined && now.schema_version !== known.schema_version)
          void tableChanged(client, ws, id);
        if (now.row_count !== undefined && now.row_count !== known.row_count) recount();
      },
      reload: () => {
        void tableChanged(client, ws, id);
        grid.refreshSoon(true);
        recount();
      },
    };
    // From the position of the first page on, so that nothing that came after it is missed.
    const follow = (): void => {
      if (stream || grid.rows.loading.get()) return;
      stream = new TableStream(port, events, grid.cache.firstPosition || latest.current.last_position).start();
    };
    const stop = grid.rows.loading.subscribe(follow);
    follow();
    return () => {
      stop();
      stream?.stop();
    };
    // How to count and what is ordered may change while the stream goes on; they are asked at each patch.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, grid, ws, id, looksInto, userId, presence]);
  useComputed(table, grid);
  return connected;
}

/** Shows what is computed in the background as it comes. */
function useComputed(table: Table, grid: GridController | null): void {
  const done = table.recompute?.done;
  const before = useRef(done);
  useEffect(() => {
    if (before.current !== done) grid?.refreshSoon(true);
    before.current = done;
  }, [done, grid]);
}
