import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Table } from '@/api/types';
import type { CellState } from '@/grid/model';
import type { GridController } from '@/grid/controller';
import type { Patch } from '@/realtime/patches';
import { TableStream } from '@/realtime/table-stream';
import { openStream } from './api/rows';
import { tableChanged } from './api/table';

/** Follows the table's stream and brings what others do to the grid; returns whether it is connected. */
export function useLive(
  ws: string,
  table: Table,
  grid: GridController | null,
  ordered: () => boolean,
  recount: (position?: number) => void,
): boolean {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  const { id, last_position: from } = table;
  useEffect(() => {
    if (!grid) return;
    const apply = (patch: Patch): void => {
      switch (patch.kind) {
        case 'cells':
          grid.patch({
            position: patch.position,
            rows: patch.rows ?? [],
            cols: Object.fromEntries(Object.entries(patch.cols ?? {}).map(([c, v]) => [c, v ?? []])),
            states: (patch.states ?? undefined) as Record<string, Record<string, CellState>> | undefined,
          });
          return;
        case 'rows_added': {
          const fresh = (patch.rows ?? []).some((r) => !grid.cache.get(r));
          if (fresh && ordered()) grid.refreshSoon(true);
          recount(patch.position);
          return;
        }
        case 'rows_deleted':
          grid.refreshSoon(true);
          recount(patch.position);
          return;
        case 'schema':
          void tableChanged(client, ws, id);
          return;
        case 'job':
          void client.invalidateQueries({ queryKey: ['jobs', ws] });
          void client.invalidateQueries({ queryKey: ['credits', ws] });
      }
    };
    const stream = new TableStream(
      { open: (last, signal) => openStream(ws, id, last, signal) },
      {
        patch: apply,
        connected: setConnected,
        reload: () => {
          void tableChanged(client, ws, id);
          grid.refreshSoon(true);
          recount();
        },
      },
      from,
    ).start();
    return () => stream.stop();
    // The position to start from is the one of the first load; later ones are the stream's own.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, grid, ws, id]);
  return connected;
}
