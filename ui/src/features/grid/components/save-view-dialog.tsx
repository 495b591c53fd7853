import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Table, View } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { createView, tableChanged, updateView } from '../api/table';
import { viewBody, type ViewState } from '../view-state';

export interface SaveViewProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  view: View | null;
  onClose: () => void;
  onSaved: (id: string) => void;
}

/** Names a new view of what is shown, or renames one. */
export function SaveViewDialog({ workspaceId: ws, table, state, view, onClose, onSaved }: SaveViewProps) {
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? true);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: async () => {
      if (view) {
        await updateView(ws, table.id, view.id, { ...view, name: name.trim(), shared });
        return view.id;
      }
      return (await createView(ws, table.id, { name: name.trim(), shared, ...viewBody(state) })).id;
    },
    onSuccess: async (id) => {
      onClose();
      await tableChanged(client, ws, table.id);
      onSaved(id);
    },
  });
  return (
    <Dialog
      title={view ? 'Rename view' : 'New view'}
      description={view ? undefined : 'Keeps the filter, sort and columns that you see now.'}
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending} disabled={!name.trim()}>
          {view ? 'Save' : 'Create view'}
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          if (name.trim()) save.mutate();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input {...ids} value={name} maxLength={100} data-autofocus onChange={(e) => setName(e.target.value)} />
          )}
        </Field>
        <Checkbox
          label="Shared"
          hint="Everyone who can see the table can use this view."
          checked={shared}
          onChange={(e) => setShared(e.target.checked)}
        />
      </form>
    </Dialog>
  );
}
