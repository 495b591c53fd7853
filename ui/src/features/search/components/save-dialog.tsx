import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { SearchQuestion } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { toast } from '@/lib/toasts';
import { savedSearchesQuery, saveSearch } from '../api/search';

export function SaveDialog({
  workspaceId: ws,
  question,
  onClose,
}: {
  workspaceId: string;
  question: SearchQuestion;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState(question.q?.trim() ?? '');
  const [shared, setShared] = useState(false);
  const save = useMutation({
    mutationFn: () => saveSearch(ws, name, question, shared),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: savedSearchesQuery(ws).queryKey });
      toast.success(`“${name.trim()}” is saved`);
      onClose();
    },
  });
  return (
    <Dialog
      title="Save this search"
      description="It is carried out again each time, so it finds what is there by then."
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
        <Field label="Name" error={save.isError ? messageOf(save.error) : undefined}>
          {(ids) => <Input {...ids} autoFocus maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Checkbox
          label="Everybody in the workspace may use it"
          checked={shared}
          onChange={(e) => setShared(e.target.checked)}
        />
      </form>
    </Dialog>
  );
}
