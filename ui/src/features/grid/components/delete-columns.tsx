import { useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { Confirm } from '@/components/confirm';
import { newGesture } from '@/grid/transfers';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { deleteColumn, tableChanged } from '../api/table';
import type { GridPage } from '../use-grid-page';

/** Puts several columns into the trash, as one step of undo. */
export function DeleteColumns({
  workspaceId: ws,
  table,
  page,
  columnIds,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  columnIds: readonly string[];
  onClose: () => void;
}) {
  const client = useQueryClient();
  const what = plural(columnIds.length, 'column');
  const names = table.columns.filter((c) => columnIds.includes(c.id)).map((c) => c.name);
  const run = async (): Promise<void> => {
    const gesture = newGesture('columns');
    try {
      for (const id of columnIds) await deleteColumn(ws, table.id, id, gesture);
      toast.success(`${what} deleted`, { label: 'Undo', run: () => void page.undo.undo() });
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    } finally {
      await tableChanged(client, ws, table.id);
    }
  };
  return (
    <Confirm title={`Delete ${what}?`} action={`Delete ${what}`} danger onClose={onClose} onConfirm={run}>
      <p className="line-clamp-3">{names.join(', ')}</p>
      <p>
        The values in {plural(table.row_count, 'row')} go to the trash with them, from where they can be restored for 30
        days.
      </p>
    </Confirm>
  );
}
