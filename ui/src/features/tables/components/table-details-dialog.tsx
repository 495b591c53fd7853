import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { membersQuery } from '@/api/members';
import { useCan } from '@/api/permissions';
import { tablesChanged } from '@/api/tables';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select, Textarea } from '@/components/field';
import { changeTable, type TableDetails } from '../api/tables';

export interface DetailsProps {
  workspaceId: string;
  table: TableDetails & { id: string };
  onClose: () => void;
}

/** What a table is called, what it is for, and who answers for it. */
export function TableDetailsDialog({ workspaceId: ws, table, onClose }: DetailsProps) {
  const can = useCan(ws);
  const [name, setName] = useState(table.name);
  const [description, setDescription] = useState(table.description ?? '');
  const [owner, setOwner] = useState(table.owner_id ?? '');
  const members = useQuery({ ...membersQuery(ws), enabled: can('members.read') });
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      changeTable(ws, table.id, {
        name: name.trim(),
        description: description.trim(),
        ...(owner === (table.owner_id ?? '') ? {} : { owner_id: owner }),
      }),
    onSuccess: async () => {
      onClose();
      void client.invalidateQueries({ queryKey: ['table', ws, table.id] });
      await tablesChanged(client, ws);
    },
  });
  const known = members.data?.some((m) => m.user_id === owner) ?? false;
  return (
    <Dialog
      title="Name and details"
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending} disabled={!name.trim()}>
          Save
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
            <Input
              {...ids}
              value={name}
              maxLength={100}
              data-autofocus
              onFocus={(e) => e.target.select()}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label="Description" optional hint="What the table is for, and where its rows come from.">
          {(ids) => (
            <Textarea
              {...ids}
              rows={4}
              value={description}
              maxLength={1000}
              onChange={(e) => setDescription(e.target.value)}
            />
          )}
        </Field>
        {members.data && (
          <Field label="Owner" hint="Whom others ask about the table. It gives no rights.">
            {(ids) => (
              <Select {...ids} value={owner} onChange={(e) => setOwner(e.target.value)}>
                {owner === '' && <option value="">Nobody yet</option>}
                {owner !== '' && !known && <option value={owner}>A former member</option>}
                {members.data.map((m) => (
                  <option key={m.user_id} value={m.user_id}>
                    {m.name || m.email}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <button type="submit" className="hidden" aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
