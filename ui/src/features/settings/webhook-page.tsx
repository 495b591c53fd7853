import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronLeft, Ellipsis, Send } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button, IconButton } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { MenuTrigger } from '@/components/menu';
import { Page } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { ago, dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { changeWebhook, deleteWebhook, rotateSecret, testWebhook, webhookQuery, type Shown } from './api/webhooks';
import { DeliveryLog } from './components/delivery-log';
import { ReplayDialog } from './components/replay-dialog';
import { SecretDialog } from './components/secret-dialog';
import { WebhookDialog } from './components/webhook-dialog';
import { WebhookFacts } from './components/webhook-facts';

type Open = 'edit' | 'rotate' | 'replay' | 'delete' | null;
const OVERLAP_HOURS = 24;

export function WebhookPage() {
  const ws = useWorkspaceId();
  const id = useParams().webhookId ?? '';
  const hook = useQuery(webhookQuery(ws, id));
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const reread = (): Promise<void> => client.invalidateQueries({ queryKey: ['webhooks', ws] });
  const close = (): void => setOpen(null);
  const complain = (e: unknown): never => {
    toast.error(messageOf(e));
    throw e;
  };
  const test = useMutation({
    mutationFn: () => testWebhook(ws, id),
    onSuccess: () => {
      toast.success('A test event is on its way');
      return reread();
    },
    onError: (e) => toast.error(messageOf(e)),
  });
  const turn = useMutation({
    mutationFn: (enabled: boolean) => changeWebhook(ws, id, { enabled }),
    onSuccess: reread,
    onError: (e) => toast.error(messageOf(e)),
  });
  const h = hook.data;
  const back = (
    <Link to=".." relative="path" className="inline-flex items-center gap-1 text-sm text-ink-2 hover:text-ink">
      <ChevronLeft size={14} /> All webhooks
    </Link>
  );
  if (!h) {
    return (
      <Page title="Webhook" text={back}>
        {hook.isError ? <Notice tone="danger">{messageOf(hook.error)}</Notice> : <SkeletonRows />}
      </Page>
    );
  }
  const actions = (
    <>
      <Button icon={<Send size={14} />} busy={test.isPending} disabled={!h.enabled} onClick={() => test.mutate()}>
        Send test
      </Button>
      <MenuTrigger
        label="Actions for this webhook"
        align="end"
        trigger={(props) => (
          <IconButton label="More actions" {...props}>
            <Ellipsis size={16} />
          </IconButton>
        )}
        items={[
          { label: 'Change…', onSelect: () => setOpen('edit') },
          { label: 'Rotate secret…', onSelect: () => setOpen('rotate') },
          { label: 'Replay…', disabled: !h.enabled, onSelect: () => setOpen('replay') },
          { label: h.enabled ? 'Turn off' : 'Turn on', onSelect: () => turn.mutate(!h.enabled) },
          null,
          { label: 'Delete', danger: true, onSelect: () => setOpen('delete') },
        ]}
      />
    </>
  );
  return (
    <Page title="Webhook" text={back} actions={actions}>
      {!h.enabled && (
        <Notice
          tone={h.off_reason === 'user' ? 'warning' : 'danger'}
          action={
            <Button size="sm" busy={turn.isPending} onClick={() => turn.mutate(true)}>
              Turn on
            </Button>
          }
        >
          {h.off_reason === 'failures'
            ? `Turned off ${ago(h.off_at)} after five days of failures. Waiting events are kept.`
            : h.off_reason === 'gone'
              ? `Turned off ${ago(h.off_at)}: the receiver answered 410 Gone. Waiting events are kept.`
              : `Turned off ${ago(h.off_at)}. Later events are not sent; a replay sends them.`}
        </Notice>
      )}
      {h.enabled && h.failing_since && (
        <Notice tone="warning">
          {h.rests_until
            ? `Paused until ${dateTime(h.rests_until)} after repeated failures since ${dateTime(h.failing_since)}.`
            : `Deliveries have failed since ${dateTime(h.failing_since)}.`}{' '}
          Waiting events are kept and retried.
        </Notice>
      )}
      <WebhookFacts workspaceId={ws} webhook={h} />
      <DeliveryLog workspaceId={ws} webhook={h} />
      {open === 'edit' && (
        <WebhookDialog
          workspaceId={ws}
          webhook={h}
          onClose={close}
          onSaved={() => {
            close();
            void reread();
          }}
        />
      )}
      {open === 'rotate' && (
        <Confirm
          title="Rotate secret?"
          action="Rotate secret"
          onClose={close}
          onConfirm={async () => {
            setShown(await rotateSecret(ws, id, OVERLAP_HOURS).catch(complain));
            await reread();
          }}
        >
          <p>Both the old and the new one sign for {OVERLAP_HOURS} hours, so that the receiver can change over.</p>
        </Confirm>
      )}
      {open === 'replay' && <ReplayDialog workspaceId={ws} webhook={h} onClose={close} onAsked={reread} />}
      {open === 'delete' && (
        <Confirm
          title="Delete this webhook?"
          action="Delete webhook"
          danger
          onClose={close}
          onConfirm={async () => {
            await deleteWebhook(ws, id).catch(complain);
            await navigate('..', { relative: 'path' });
            await client.invalidateQueries({ queryKey: ['webhooks', ws], exact: true });
          }}
        >
          <p>
            {h.waiting > 0 ? `${h.waiting} events that wait are not sent any more.` : 'Nothing more is sent to it.'}
          </p>
        </Confirm>
      )}
      {shown && <SecretDialog shown={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}
