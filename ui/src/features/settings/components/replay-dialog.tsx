import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field } from '@/components/field';
import { Notice } from '@/components/states';
import { NumberInput } from '@/grid/typed-input';
import { toast } from '@/lib/toasts';
import { replayWebhook, type Webhook } from '../api/webhooks';

/** Has everything after a position sent once more. */
export function ReplayDialog({
  workspaceId: ws,
  webhook,
  onClose,
  onAsked,
}: {
  workspaceId: string;
  webhook: Webhook;
  onClose: () => void;
  onAsked: () => Promise<void>;
}) {
  const [after, setAfter] = useState<number | null>(webhook.off_position ?? 0);
  const ask = useMutation({
    mutationFn: () => replayWebhook(ws, webhook.id, after ?? 0),
    onSuccess: async () => {
      toast.success('The events are on their way');
      onClose();
      await onAsked();
    },
  });
  return (
    <Dialog
      title="Replay events"
      description="Sent once more, in order of position, under the same message ids: a receiver that deduplicates acts on none twice."
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => ask.mutate()} busy={ask.isPending} disabled={after === null}>
          Replay
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        {ask.isError && <Notice tone="danger">{messageOf(ask.error)}</Notice>}
        <Field
          label="After position"
          hint={
            webhook.off_position
              ? `0 is the beginning of everything. It was last turned off at ${webhook.off_position}.`
              : '0 is the beginning of everything.'
          }
        >
          {(ids) => <NumberInput {...ids} whole min={0} value={after} autoFocus onChange={setAfter} />}
        </Field>
      </div>
    </Dialog>
  );
}
