import { useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Table, View } from '@/api/types';
import { Confirm } from '@/components/confirm';
import { toast } from '@/lib/toasts';
import { deleteView, tableChanged } from '../api/table';

export function DeleteView({
  workspaceId: ws,
  table,
  view,
  onClose,
  onDeleted,
}: {
  workspaceId: string;
  table: Table;
  view: View;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const client = useQueryClient();
  const run = async (): Promise<void> => {
    try {
      await deleteView(ws, table.id, view.id);
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    }
    onDeleted();
    await tableChanged(client, ws, table.id);
  };
  return (
    <Confirm title={`Delete the view “${view.name}”?`} action="Delete view" danger onClose={onClose} onConfirm={run}>
      <p>Its filter, sort and columns are lost. The rows stay as they are.</p>
    </Confirm>
  );
}
