import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { Confirm } from '@/components/confirm';
import { chunked } from '@/grid/paste-plan';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { newGesture } from '@/grid/transfers';
import { batchRows, deleteByFilter } from '../api/rows';
import type { GridPage } from '../use-grid-page';

const CALL_ROWS = 5_000;

/** Deletes selected rows, or all that the filter shows, after saying how many there are. */
export function DeleteRows({
  workspaceId: ws,
  table,
  page,
  all,
  ids,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  all: boolean;
  ids: string[];
  onClose: () => void;
}) {
  const dry = useQuery({
    queryKey: ['delete-count', ws, table.id, page.query],
    queryFn: () => deleteByFilter(ws, table.id, page.query, true),
    enabled: all,
    staleTime: 0,
  });
  const n = all ? (dry.data?.matched ?? 0) : ids.length;
  const changed = (): void => {
    page.grid?.checked.setAll(false);
    page.grid?.refreshSoon(true);
    page.recount();
  };
  const run = async (): Promise<void> => {
    try {
      if (all) await deleteByFilter(ws, table.id, page.query, false);
      else {
        const gesture = newGesture('delete');
        for (const part of chunked(ids, CALL_ROWS)) {
          const operations = part.map((row_id) => ({ op: 'delete' as const, row_id }));
          await batchRows(ws, table.id, operations, false, gesture);
        }
      }
      changed();
      page.setPanel(null);
      toast.success(`${plural(n, 'row')} deleted`, { label: 'Undo', run: () => void page.undo.undo() });
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    }
  };
  return (
    <Confirm
      title={all && !dry.data ? 'Delete all rows shown?' : `Delete ${plural(n, 'row')}?`}
      action={all && !dry.data ? 'Counting…' : `Delete ${plural(n, 'row')}`}
      danger
      onClose={onClose}
      onConfirm={run}
    >
      {dry.isError && <p>{messageOf(dry.error)}</p>}
      <p>Deleted rows go to the trash, from where they can be restored for 30 days.</p>
    </Confirm>
  );
}
