import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, useSyncExternalStore } from 'react';
import type { Column, Table } from '@/api/types';
import type { Selection } from '@/grid/events';
import type { GridRow } from '@/grid/model';
import { NOTHING_SELECTED } from '@/grid/selection';
import { plainText } from '@/grid/values';
import { Observable } from '@/lib/emitter';
import { plural } from '@/lib/format';
import { tableChanged } from '../api/table';
import type { GridPage } from '../use-grid-page';

const EnrichmentPanel = lazy(() =>
  import('@/features/enrichment/components/enrichment-panel').then((m) => ({ default: m.EnrichmentPanel })),
);

/** Rows that an enrichment can be tried on, under what they are called together. */
interface Choice {
  label: string;
  rows: { id: string; name: string }[];
}

/** More rows than that are a run, not a try. */
const MOST = 10;
const FIRST = 5;
const nothing = new Observable<Selection>(NOTHING_SELECTED);

/** The enrichment of a column beside the grid, whose selected row is the one that it is tried on. */
export function EnrichmentSide({
  workspaceId: ws,
  table,
  page,
  columnId,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  columnId: string | null;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const summary = page.grid?.selection.summary ?? nothing;
  const { rect } = useSyncExternalStore(summary.subscribe, summary.get);
  // The table is read again when the column is saved; the panel keeps what is being written.
  const [column] = useState<Column | null>(() => table.columns.find((c) => c.id === columnId) ?? null);
  return (
    <Suspense fallback={null}>
      <EnrichmentPanel
        workspaceId={ws}
        table={table}
        column={column}
        choices={choicesOf(page, table.columns, rect)}
        onClose={onClose}
        onSaved={async (id) => {
          await tableChanged(client, ws, table.id);
          onClose();
          page.setOverlay({ kind: 'run', columnIds: [id] });
        }}
      />
    </Suspense>
  );
}

function choicesOf(page: GridPage, columns: readonly Column[], rect: Selection['rect']): Choice[] {
  const cache = page.grid?.cache;
  const named = (row: GridRow): { id: string; name: string } => {
    const first = columns[0];
    const text = first ? plainText(row.cells[first.id] ?? null) : '';
    return { id: row.id, name: text || 'Row without a name' };
  };
  const between = (from: number, to: number): { id: string; name: string }[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => cache?.at(from + i)).flatMap((r) => (r ? [named(r)] : []));
  const current = page.grid?.currentRow() ?? cache?.at(0);
  const one = current ? [named(current)] : [];
  const choices = [{ label: `the selected row: ${one[0]?.name ?? ''}`, rows: one }];
  if (rect && rect.bottom > rect.top) {
    const rows = between(rect.top, Math.min(rect.bottom + 1, rect.top + MOST));
    choices.push({ label: `the ${plural(rows.length, 'selected row')}`, rows });
  }
  const first = between(0, FIRST);
  if (first.length > 1) choices.push({ label: `the first ${plural(first.length, 'row')}`, rows: first });
  return choices;
}
