import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { Link, useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tablesQuery } from '@/api/tables';
import { useWorkspaceId } from '@/api/use-workspace';
import { Page } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { connectionsQuery, suggestSync, syncsQuery, vendorsQuery, type Target } from './api/integrations';
import { SyncForm } from './components/sync-form';
import { TargetFields } from './components/target-fields';

/** The editor, for those who may make syncs. */
export function SyncPage() {
  const ws = useWorkspaceId();
  if (useCan(ws)('integrations.run')) return <Editor ws={ws} />;
  return (
    <Page title="Syncs">
      <Notice>Your role can look at syncs and their runs, but not make or change them.</Notice>
    </Page>
  );
}

/** Makes a sync, or changes the one that `id` names. */
function Editor({ ws }: { ws: string }) {
  const [params, setParams] = useSearchParams();
  const id = params.get('id') ?? '';
  const vendors = useQuery(vendorsQuery);
  const connections = useQuery(connectionsQuery(ws));
  const tables = useQuery(tablesQuery(ws));
  const syncs = useQuery({ ...syncsQuery(ws), enabled: id !== '' });
  const saved = syncs.data?.find((s) => s.id === id);
  const target: Target = {
    connection_id: params.get('connection') ?? '',
    object: params.get('object') ?? '',
    table_id: params.get('table') ?? '',
  };
  const whole = target.connection_id !== '' && target.object !== '' && target.table_id !== '';
  const suggestion = useQuery({
    queryKey: ['sync-suggestion', ws, target],
    queryFn: () => suggestSync(ws, target),
    enabled: id === '' && whole,
    staleTime: Infinity,
    retry: false,
  });
  const error = vendors.error ?? connections.error ?? tables.error ?? syncs.error ?? suggestion.error;
  const ready = vendors.data && connections.data && tables.data;
  const definition = id ? saved : suggestion.data;
  return (
    <Page wide title={id ? 'Edit sync' : 'New sync'} text="Fields that are not in the list are never touched.">
      <Link
        to={`/w/${ws}/integrations`}
        className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink"
      >
        <ArrowLeft size={14} /> Integrations
      </Link>
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      {ready && !id && (
        <TargetFields
          vendors={vendors.data}
          connections={connections.data}
          tables={tables.data}
          target={target}
          onChange={(t) =>
            setParams({ connection: t.connection_id, object: t.object, table: t.table_id }, { replace: true })
          }
        />
      )}
      {!error && (!ready || (id !== '' && syncs.isPending) || (whole && suggestion.isLoading)) && <SkeletonRows />}
      {id !== '' && syncs.isSuccess && !saved && <Notice tone="danger">There is no such sync any more.</Notice>}
      {ready && definition && (
        <SyncForm
          key={id || JSON.stringify(target)}
          ws={ws}
          id={id || undefined}
          initial={definition}
          vendors={vendors.data}
          connections={connections.data}
        />
      )}
    </Page>
  );
}
