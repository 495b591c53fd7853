import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Webhook as WebhookIcon } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { messageOf } from '@/api/errors';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { ago, count } from '@/lib/format';
import { webhooksQuery, type Shown, type Webhook } from './api/webhooks';
import { SecretDialog } from './components/secret-dialog';
import { WebhookDialog } from './components/webhook-dialog';

export function WebhooksPage() {
  const ws = useWorkspaceId();
  const hooks = useQuery(webhooksQuery(ws));
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<Shown | null>(null);
  const create = (
    <Button variant="primary" icon={<Plus size={15} />} onClick={() => setCreating(true)}>
      New webhook
    </Button>
  );
  return (
    <Page title="Webhooks" text="Addresses that this workspace’s events are sent to." actions={create}>
      <Card flush>
        {hooks.isPending && <SkeletonRows />}
        {hooks.isError && <Notice tone="danger">{messageOf(hooks.error)}</Notice>}
        {hooks.data?.length === 0 && (
          <Empty
            icon={<WebhookIcon size={20} />}
            title="No webhooks"
            text="Every edit, answer and credit can be posted to an address of yours, signed, and tried again until it is taken."
            action={create}
          />
        )}
        {hooks.data && hooks.data.length > 0 && (
          <DataTable
            head={[
              'Address',
              { text: 'Events', wide: true },
              'State',
              { text: 'Waiting', numeric: true, wide: true },
              'Last taken',
            ]}
            label="Webhooks"
          >
            {hooks.data.map((h) => (
              <tr key={h.id}>
                <Td className="w-full max-w-0 sm:w-auto sm:max-w-80">
                  <Link to={h.id} className="block truncate font-medium text-primary-ink hover:underline" title={h.url}>
                    {h.url.replace(/^https?:\/\//, '')}
                  </Link>
                  {h.description && <span className="block truncate text-sm text-ink-3">{h.description}</span>}
                </Td>
                <Td className="text-sm text-ink-2">{h.types?.length ? h.types.join(', ') : 'all'}</Td>
                <Td>
                  <WebhookState webhook={h} />
                </Td>
                <Td numeric>{count(h.waiting)}</Td>
                <Td className="whitespace-nowrap text-ink-2">{ago(h.last_success_at)}</Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {creating && (
        <WebhookDialog
          workspaceId={ws}
          webhook={null}
          onClose={() => setCreating(false)}
          onSaved={(made) => {
            setCreating(false);
            setShown(made);
            void client.invalidateQueries({ queryKey: ['webhooks', ws] });
          }}
        />
      )}
      {shown && <SecretDialog shown={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}

/** Whether events are sent, and whether they are taken. */
export function WebhookState({ webhook: h }: { webhook: Webhook }) {
  if (!h.enabled) return <Badge tone={h.off_reason === 'user' ? 'neutral' : 'danger'}>Off</Badge>;
  if (h.replaying) return <Badge tone="primary">Replaying</Badge>;
  if (h.failing_since) return <Badge tone="warning">Failing</Badge>;
  return <Badge tone="success">On</Badge>;
}
