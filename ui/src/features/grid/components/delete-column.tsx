import { useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Column, Table } from '@/api/types';
import { Confirm } from '@/components/confirm';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { deleteColumn, restoreColumn, tableChanged } from '../api/table';
import type { GridPage } from '../use-grid-page';

/** Puts a column into the trash. */
export function DeleteColumn({
  workspaceId: ws,
  table,
  page,
  column,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  column: Column;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const back = (): void => {
    restoreColumn(ws, table.id, column.id)
      .then(() => tableChanged(client, ws, table.id))
      .then(() => page.grid?.refreshSoon(true))
      .catch((e: unknown) => toast.error(messageOf(e)));
  };
  const run = async (): Promise<void> => {
    try {
      await deleteColumn(ws, table.id, column.id);
      await tableChanged(client, ws, table.id);
      toast.success(`“${column.name}” is in the trash`, { label: 'Undo', run: back });
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    }
  };
  return (
    <Confirm title={`Delete “${column.name}”?`} action="Delete column" danger onClose={onClose} onConfirm={run}>
      <p>
        Its values in {plural(table.row_count, 'row')} go to the trash with it, from where they can be restored for 30
        days.
      </p>
    </Confirm>
  );
}
