import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { dateTime, milliseconds } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { deliveryQuery, redeliver, type Attempt, type Webhook } from '../api/webhooks';

/** A delivery with what was sent and what came back. */
export function DeliveryDialog({
  workspaceId: ws,
  webhook,
  position,
  onClose,
}: {
  workspaceId: string;
  webhook: Webhook;
  position: number;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const delivery = useQuery(deliveryQuery(ws, webhook.id, position));
  const again = useMutation({
    mutationFn: () => redeliver(ws, webhook.id, position),
    onSuccess: () => {
      toast.success('It is sent once more');
      return client.invalidateQueries({ queryKey: ['webhooks', ws, webhook.id] });
    },
    onError: (e) => toast.error(messageOf(e)),
  });
  const d = delivery.data;
  return (
    <Dialog
      title={d?.type ?? 'Delivery'}
      description={d && `Message ${d.message_id}`}
      size="lg"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Done</Button>
          <Button variant="primary" busy={again.isPending} disabled={!webhook.enabled} onClick={() => again.mutate()}>
            Send again
          </Button>
        </>
      }
    >
      {delivery.isError && <Notice tone="danger">{messageOf(delivery.error)}</Notice>}
      {!d && !delivery.isError && <SkeletonRows rows={4} />}
      {d && (
        <div className="flex flex-col gap-5">
          <section>
            <h3 className="mb-2 font-semibold">Body</h3>
            <Code text={pretty(d.request_body)} label="Body" hideLabel />
            {d.request_body_cut && <p className="mt-1 text-sm text-ink-3">Only its first 16 KB are shown.</p>}
          </section>
          <section className="flex flex-col gap-3">
            <h3 className="font-semibold">Tries</h3>
            {(d.tries ?? []).length === 0 && <p className="text-ink-2">It has not been tried yet.</p>}
            {(d.tries ?? []).map((a) => (
              <Try key={a.at} attempt={a} />
            ))}
          </section>
        </div>
      )}
    </Dialog>
  );
}

function Try({ attempt: a }: { attempt: Attempt }) {
  return (
    <details className="rounded-md border border-line">
      <summary className="flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
        <Badge tone={a.error ? 'danger' : 'success'}>{a.status ? a.status : 'No answer'}</Badge>
        <span className="text-ink-2">{dateTime(a.at)}</span>
        <span className="tnum text-ink-3">{milliseconds(a.took_ms)}</span>
        {a.error && <span className="text-sm text-ink-2">{a.error}</span>}
      </summary>
      <div className="flex flex-col gap-3 border-t border-line p-3">
        <Code text={headers(a.request_headers)} label="Request headers" />
        <Code text={headers(a.response_headers)} label="Answer’s headers" />
        <Code
          text={a.response_body || '(empty)'}
          label={a.response_body_cut ? 'Answer’s body, its beginning' : 'Answer’s body'}
        />
      </div>
    </details>
  );
}

function Code({ text, label, hideLabel }: { text: string; label: string; hideLabel?: boolean }) {
  return (
    <div>
      {!hideLabel && <p className="mb-1 text-xs text-ink-3">{label}</p>}
      <pre
        tabIndex={0}
        aria-label={label}
        className="max-h-56 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs break-all whitespace-pre-wrap"
      >
        {text}
      </pre>
    </div>
  );
}

function headers(h: Record<string, string>): string {
  const lines = Object.entries(h).map(([name, value]) => `${name}: ${value}`);
  return lines.sort().join('\n') || '(none)';
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body; // cut, so no JSON
  }
}
