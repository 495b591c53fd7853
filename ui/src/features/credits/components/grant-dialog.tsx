import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { grant } from '../api/credits';

export function GrantDialog({ workspaceId, onClose }: { workspaceId: string; onClose: () => void }) {
  const [amount, setAmount] = useState<number | null>(1000);
  const [note, setNote] = useState('');
  const client = useQueryClient();
  const run = useMutation({
    mutationFn: () => grant(workspaceId, Math.round((amount ?? 0) * 1000), note.trim()),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['credits', workspaceId] });
      await client.invalidateQueries({ queryKey: ['credit-transactions', workspaceId] });
    },
  });
  return (
    <Dialog
      title="Grant credits"
      description="Only operators of this installation can do this; it is an entry in the ledger."
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => run.mutate()} busy={run.isPending} disabled={!amount}>
          Grant
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Credits">
          {(ids) => <NumberInput {...ids} min={0} value={amount} autoFocus onChange={setAmount} />}
        </Field>
        <Field label="Note" optional>
          {(ids) => <Input {...ids} value={note} maxLength={200} onChange={(e) => setNote(e.target.value)} />}
        </Field>
      </div>
    </Dialog>
  );
}
