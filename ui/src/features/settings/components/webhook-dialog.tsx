import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox, Field, Input } from '@/components/field';
import { Badge, Notice } from '@/components/states';
import { changeWebhook, createWebhook, eventTypesQuery, type Shown, type Webhook } from '../api/webhooks';
import { matching, patterns, starts } from '../patterns';
import { TableChoice } from './table-choice';

/** Makes a webhook or changes one. */
export function WebhookDialog({
  workspaceId: ws,
  webhook,
  onClose,
  onSaved,
}: {
  workspaceId: string;
  webhook: Webhook | null;
  onClose: () => void;
  onSaved: (shown: Shown | null) => void;
}) {
  const types = useQuery(eventTypesQuery);
  const [url, setUrl] = useState(webhook?.url ?? 'https://');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [filter, setFilter] = useState((webhook?.types ?? []).join(', '));
  const [tables, setTables] = useState(webhook?.tables ?? []);
  const [ordered, setOrdered] = useState(webhook?.ordered ?? false);
  const save = useMutation({
    mutationFn: async (): Promise<Shown | null> => {
      const body = { url: url.trim(), description: description.trim(), types: patterns(filter), tables, ordered };
      if (!webhook) return createWebhook(ws, body);
      await changeWebhook(ws, webhook.id, body);
      return null;
    },
    onSuccess: onSaved,
  });
  const known = types.data ?? [];
  const chosen = matching(filter, known);
  return (
    <Dialog
      title={webhook ? 'Change webhook' : 'New webhook'}
      size="md"
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => save.mutate()}
          busy={save.isPending}
          disabled={!url.trim() || url.trim() === 'https://'}
        >
          {webhook ? 'Save' : 'Create webhook'}
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          save.mutate();
        }}
      >
        {save.isError && <Notice tone="danger">{messageOf(save.error)}</Notice>}
        <Field label="Address" hint="Events are posted here as signed CloudEvents.">
          {(ids) => (
            <Input
              {...ids}
              type="url"
              value={url}
              maxLength={2000}
              autoFocus
              spellCheck={false}
              className="font-mono"
              onChange={(e) => setUrl(e.target.value)}
            />
          )}
        </Field>
        <Field label="Description" optional>
          {(ids) => (
            <Input {...ids} value={description} maxLength={200} onChange={(e) => setDescription(e.target.value)} />
          )}
        </Field>
        <Field
          label="Events"
          optional
          hint={
            known.length === 0
              ? 'Patterns separated by commas, for example table.*, run.finished. Empty: all.'
              : filter.trim() && chosen === 0
                ? 'No type of event matches.'
                : `Patterns separated by commas; empty: all. Now ${filter.trim() ? chosen : known.length} of ${known.length} types.`
          }
        >
          {(ids) => (
            <Input
              {...ids}
              value={filter}
              placeholder="table.*, run.finished"
              spellCheck={false}
              className="font-mono"
              onChange={(e) => setFilter(e.target.value)}
            />
          )}
        </Field>
        <div className="-mt-2 flex flex-wrap gap-1.5" aria-label="Add a pattern">
          {starts(known).map((p) => (
            <button
              key={p}
              type="button"
              className="rounded-full focus-visible:outline-2 focus-visible:outline-primary"
              onClick={() => setFilter([...new Set([...patterns(filter), p])].join(', '))}
            >
              <Badge>{p}</Badge>
            </button>
          ))}
        </div>
        <TableChoice workspaceId={ws} chosen={tables} onChange={setTables} />
        <Checkbox
          label="In order"
          hint="Each event is sent only after the one before was taken. One that fails holds up those behind it."
          checked={ordered}
          onChange={(e) => setOrdered(e.target.checked)}
        />
      </form>
    </Dialog>
  );
}
