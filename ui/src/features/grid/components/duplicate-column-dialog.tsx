import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Column, Table } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { duplicateColumn, tableChanged } from '../api/table';

export function DuplicateColumnDialog({
  workspaceId: ws,
  table,
  column,
  onClose,
  onDone,
}: {
  workspaceId: string;
  table: Table;
  column: Column;
  onClose: () => void;
  onDone: () => void;
}) {
  const [name, setName] = useState(`${column.name} copy`);
  const [values, setValues] = useState(true);
  const client = useQueryClient();
  const run = useMutation({
    mutationFn: () => duplicateColumn(ws, table.id, column.id, name.trim(), values),
    onSuccess: async () => {
      await tableChanged(client, ws, table.id);
      onDone();
      onClose();
    },
  });
  return (
    <Dialog
      title={`Duplicate “${column.name}”`}
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => run.mutate()} busy={run.isPending} disabled={!name.trim()}>
          Duplicate
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          run.mutate();
        }}
      >
        <Field label="Name of the copy">
          {(ids) => <Input {...ids} value={name} maxLength={100} autoFocus onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Checkbox label="Copy the values too" checked={values} onChange={(e) => setValues(e.target.checked)} />
      </form>
    </Dialog>
  );
}
