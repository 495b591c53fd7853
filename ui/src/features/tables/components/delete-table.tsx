import { useMutation, useQueryClient } from '@tanstack/react-query';
import { tablesChanged } from '@/api/tables';
import { Confirm } from '@/components/confirm';
import { plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { restoreTable, trashTable } from '../api/tables';

export interface DeleteTableProps {
  workspaceId: string;
  table: { id: string; name: string; row_count: number };
  onClose: () => void;
  onDeleted?: () => void;
}

/** Puts a table into the trash. */
export function DeleteTable({ workspaceId: ws, table, onClose, onDeleted }: DeleteTableProps) {
  const client = useQueryClient();
  const undo = useMutation({
    mutationFn: () => restoreTable(ws, table.id),
    onSettled: () => tablesChanged(client, ws),
  });
  const remove = useMutation({
    mutationFn: () => trashTable(ws, table.id),
    onSuccess: async () => {
      toast.success(`“${table.name}” is in the trash`, { label: 'Undo', run: () => undo.mutate() });
      onDeleted?.();
      await tablesChanged(client, ws);
    },
  });
  return (
    <Confirm
      title={`Delete “${table.name}”?`}
      action="Delete table"
      danger
      onClose={onClose}
      onConfirm={() => remove.mutateAsync()}
    >
      <p>
        The table with its {plural(table.row_count, 'row')} goes to the trash, from where it can be restored for 30
        days.
      </p>
    </Confirm>
  );
}
