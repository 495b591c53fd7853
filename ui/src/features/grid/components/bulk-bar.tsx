import { Download, Sparkles, Trash2, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useCan } from '@/api/permissions';
import type { Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Observable } from '@/lib/emitter';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { exportRows } from '../api/export';
import type { GridPage } from '../use-grid-page';

const none = new Observable(0);

/** What can be done with the selected rows. */
export function BulkBar({ workspaceId: ws, table, page }: { workspaceId: string; table: Table; page: GridPage }) {
  const checked = page.grid?.checked;
  const n = useSyncExternalStore(checked?.count.subscribe ?? none.subscribe, () => checked?.count.get() ?? 0);
  const can = useCan(ws);
  if (!checked || n === 0) return null;
  const all = checked.all;
  const total = all ? (page.grid?.rows.rowCount.get() ?? 0) : n;
  const enrichments = table.columns.filter((c) => c.kind === 'enrichment').map((c) => c.id);
  return (
    <div
      role="toolbar"
      aria-label="Selected rows"
      className="absolute bottom-4 left-1/2 z-20 flex -translate-x-1/2 items-center gap-1 rounded-lg border border-line bg-raised p-1.5 shadow-lg [animation:rise_120ms_ease-out]"
    >
      <span className="px-2 font-medium whitespace-nowrap tabular-nums">{plural(total, 'row')} selected</span>
      {can('enrichments.run') && enrichments.length > 0 && (
        <Button
          size="sm"
          variant="ghost"
          icon={<Sparkles size={14} />}
          onClick={() =>
            page.setOverlay({ kind: 'run', columnIds: enrichments, ...(all ? {} : { rowIds: checked.list() }) })
          }
        >
          Run
        </Button>
      )}
      {can('data.export') && !all && (
        <Button
          size="sm"
          variant="ghost"
          icon={<Download size={14} />}
          onClick={() =>
            void exportRows(ws, table, { format: 'csv', query: null, fields: [], ids: checked.list() }).catch(
              (e: unknown) => toast.error(String(e)),
            )
          }
        >
          Export
        </Button>
      )}
      {can('rows.edit') && (
        <Button
          size="sm"
          variant="ghost"
          className="!text-danger-ink"
          icon={<Trash2 size={14} />}
          onClick={() => page.setOverlay({ kind: 'delete-rows', all, ids: checked.list() })}
        >
          Delete
        </Button>
      )}
      <IconButton label="Untick all" size="sm" onClick={() => checked.setAll(false)}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
