import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { credentialsQuery } from '@/api/credentials';
import { messageOf } from '@/api/errors';
import { tableQuery } from '@/api/tables';
import { useWorkspaceId } from '@/api/use-workspace';
import { Page } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { searchesQuery } from './api/find';
import { FindForm } from './components/find-form';
import { SourceList } from './components/source-list';

/** People and companies found by a provider's search become rows of a table. */
export function FindPage() {
  const ws = useWorkspaceId();
  const [params, setParams] = useSearchParams();
  const tableId = params.get('table') ?? '';
  const searches = useQuery(searchesQuery);
  const credentials = useQuery(credentialsQuery(ws));
  const table = useQuery({ ...tableQuery(ws, tableId), enabled: tableId !== '' });
  const kind = params.get('kind') === 'companies' ? 'companies' : 'people';
  const waits = searches.isPending || credentials.isPending || (tableId !== '' && table.isPending);
  const error = searches.error ?? credentials.error ?? table.error;
  const set = (change: Record<string, string>): void =>
    setParams((before) => ({ ...Object.fromEntries(before), ...change }), { replace: true });
  return (
    <Page
      wide
      title="Find people and companies"
      text="By a provider’s search, with your key. You see what it finds and costs before anything is spent."
    >
      <SourceList workspaceId={ws} />
      {waits && <SkeletonRows />}
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      {!waits && !error && (
        <FindForm
          key={`${kind}/${tableId}`}
          workspaceId={ws}
          searches={searches.data ?? []}
          credentials={credentials.data ?? []}
          kind={kind}
          table={table.data ?? null}
          onKind={(k) => set({ kind: k })}
          onTable={(id) => set({ table: id })}
        />
      )}
    </Page>
  );
}
