import { useQuery } from '@tanstack/react-query';
import { Cable, X } from 'lucide-react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CrmConnection } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { IconButton } from '@/components/button';
import { Page } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { connectionsQuery, vendorsQuery } from './api/integrations';
import { RunList } from './components/run-list';
import { SyncList } from './components/sync-list';
import { VendorCard } from './components/vendor-card';

/** The CRMs, the syncs with them, and what these did. */
export function IntegrationsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const vendors = useQuery(vendorsQuery);
  const made = useSearchParams()[0].get('connected');
  const connections = useQuery({
    ...connectionsQuery(ws),
    // What was connected a moment ago may not be in the list yet.
    refetchInterval: (q) =>
      made && q.state.data && q.state.dataUpdateCount < 5 && !has(q.state.data, made) ? 1_000 : false,
  });
  const error = vendors.error ?? connections.error;
  return (
    <Page
      wide
      title="Integrations"
      text="Push rows to your CRM, and pull what changes there. Review each change before it is made, and take it back afterwards."
    >
      <Outcome />
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      {(vendors.isPending || connections.isPending) && !error && <SkeletonRows />}
      {vendors.data?.length === 0 && (
        <Empty icon={<Cable size={20} />} title="No CRM can be connected" text="This installation has no connector." />
      )}
      {vendors.data && connections.data && vendors.data.length > 0 && (
        <>
          <div className="grid gap-4 md:grid-cols-2">
            {vendors.data.map((v) => (
              <VendorCard
                key={v.slug}
                ws={ws}
                vendor={v}
                connections={connections.data.filter((c) => c.vendor === v.slug)}
                mayConnect={can('integrations.manage')}
              />
            ))}
          </div>
          <SyncList ws={ws} vendors={vendors.data} connections={connections.data} mayRun={can('integrations.run')} />
          <RunList ws={ws} vendors={vendors.data} />
        </>
      )}
    </Page>
  );
}

function has(list: CrmConnection[], id: string): boolean {
  return list.some((c) => c.id === id);
}

/** What came of an attempt to connect, which the CRM sent the browser back from. */
function Outcome() {
  const [params, setParams] = useSearchParams();
  const failed = params.get('failed');
  const connected = params.get('connected');
  if (!failed && !connected) return null;
  return (
    <Notice
      tone={failed ? 'danger' : 'success'}
      action={
        <IconButton label="Hide" size="sm" onClick={() => setParams({}, { replace: true })}>
          <X size={14} />
        </IconButton>
      }
    >
      {failed ? `Not connected: ${failed}` : 'The CRM is connected.'}
    </Notice>
  );
}
