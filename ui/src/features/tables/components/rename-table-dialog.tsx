import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tablesChanged } from '@/api/tables';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { renameTable } from '../api/tables';

export function RenameTableDialog({
  workspaceId: ws,
  table,
  onClose,
}: {
  workspaceId: string;
  table: { id: string; name: string };
  onClose: () => void;
}) {
  const [name, setName] = useState(table.name);
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: () => renameTable(ws, table.id, name.trim()),
    onSuccess: async () => {
      onClose();
      void client.invalidateQueries({ queryKey: ['table', ws, table.id] });
      await tablesChanged(client, ws);
    },
  });
  return (
    <Dialog
      title="Rename table"
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => rename.mutate()}
          busy={rename.isPending}
          disabled={!name.trim()}
        >
          Rename
        </DialogActions>
      }
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          rename.mutate();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              value={name}
              maxLength={100}
              autoFocus
              onFocus={(e) => e.target.select()}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
