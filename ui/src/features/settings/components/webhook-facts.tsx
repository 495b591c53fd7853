import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { tablesQuery } from '@/api/tables';
import { Card } from '@/components/page';
import { ago, count, dateTime } from '@/lib/format';
import type { Webhook } from '../api/webhooks';
import { WebhookState } from '../webhooks-page';

/** What a webhook is and how it fares. */
export function WebhookFacts({ workspaceId: ws, webhook: h }: { workspaceId: string; webhook: Webhook }) {
  return (
    <Card>
      <p className="font-mono text-sm break-all">{h.url}</p>
      {h.description && <p className="mt-1 text-ink-2">{h.description}</p>}
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-4 lg:grid-cols-7">
        <Fact name="State">
          <WebhookState webhook={h} />
        </Fact>
        <Fact name="Events">{h.types?.length ? h.types.join(', ') : 'all'}</Fact>
        <Fact name="Tables">{h.tables?.length ? <TableNames ws={ws} ids={h.tables} /> : 'all'}</Fact>
        <Fact name="Order">{h.ordered ? 'one after the other' : 'as they come'}</Fact>
        <Fact name="Waiting">{count(h.waiting)}</Fact>
        <Fact name="Last taken">{ago(h.last_success_at)}</Fact>
        <Fact name="Secret">
          version {h.secret_version}
          {h.old_secret_until && <span className="block text-ink-3">old one until {dateTime(h.old_secret_until)}</span>}
        </Fact>
      </dl>
    </Card>
  );
}

function TableNames({ ws, ids }: { ws: string; ids: string[] }) {
  const tables = useQuery(tablesQuery(ws));
  return ids.map((id) => tables.data?.find((t) => t.id === id)?.name ?? id).join(', ');
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="mt-0.5 text-sm break-words">{children}</dd>
    </div>
  );
}
