import type { EditPort } from './edit-queue';
import type { GridEvents, GridSource } from './events';
import type { CellChange, GridRow } from './model';
import type { RowCache } from './row-cache';

export interface PortHost {
  source: GridSource;
  cache: RowCache;
  events: GridEvents;
  /** Does something with each change and paints its cell anew. */
  repainting: (changes: readonly CellChange[], act: (c: CellChange) => unknown) => void;
  sent: () => void;
}

/** What the queue of edits needs of a grid. */
export function editPort({ source, cache, events, repainting, sent }: PortHost): EditPort {
  return {
    send: async (batch) => {
      const answer = await source.send(batch);
      sent();
      return answer;
    },
    classify: (e) => source.classify(e),
    store: source.edits(),
    base: (c) => cache.base(c.rowId, c.columnId),
    begin: (changes) => repainting(changes, (c) => cache.begin(c)),
    confirm: (changes, position) => repainting(changes, (c) => cache.confirm(c, position)),
    rollback: (changes) => repainting(changes, (c) => cache.rollback(c)),
    theirs: ({ rowId, columnId }, value, position) => {
      const change = { rowId, columnId, value };
      repainting([change], (c) => cache.patchCell(c, position));
    },
    refused: (edits) => events.held(edits),
  };
}

/** Shows edits under way in rows that have been read after they were made, as after a reload. */
export function showWaiting(cache: RowCache, rows: readonly GridRow[], waiting: readonly CellChange[]): void {
  if (waiting.length === 0) return;
  const pending = new Map(rows.map((r) => [r.id, new Set(Object.keys(r.pending))]));
  for (const c of waiting) if (pending.get(c.rowId)?.has(c.columnId) === false) cache.begin(c);
}
