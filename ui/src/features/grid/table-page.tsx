import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Empty, Skeleton } from '@/components/states';
import { rememberTable } from '@/lib/ui-store';
import { tableQuery } from '@/api/tables';
import { TableView } from './components/table-view';
import { useKeptLayout } from './kept-layout';
import { useViewAddress } from './use-view-address';
import { layoutOf, useViews } from './view-state';

const PastTable = lazy(() => import('./components/past-table').then((m) => ({ default: m.PastTable })));

export function TablePage() {
  const ws = useWorkspaceId();
  const id = useParams()['tableId'] ?? '';
  const table = useQuery(tableQuery(ws, id));
  const navigate = useNavigate();
  const state = useViews((s) => s.byTable[id]);
  const [params, setParams] = useSearchParams();
  const asOf = params.get('as_of');
  const travel = useCallback(
    (to: string | null) =>
      setParams(
        (all) => {
          if (to === null) all.delete('as_of');
          else all.set('as_of', to);
          return all;
        },
        { replace: true },
      ),
    [setParams],
  );
  useViewAddress(table.data);

  useEffect(() => {
    if (table.data) rememberTable(ws, id);
  }, [table.data, id, ws]);
  useEffect(() => {
    if (table.data) document.title = `${table.data.name} · Morket`;
    return () => {
      document.title = 'Morket';
    };
  }, [table.data]);

  useKeptLayout(table.data, state);
  const columns = table.data?.columns;
  const shown = useMemo(
    () => (state && columns ? { ...state, layout: layoutOf(columns, { columns: state.layout }) } : null),
    [state, columns],
  );

  if (table.isError) {
    return (
      <Empty
        page
        title="This table can’t be opened"
        text={messageOf(table.error)}
        action={
          <>
            <Button variant="primary" onClick={() => void table.refetch()}>
              Try again
            </Button>
            <Button onClick={() => void navigate(`/w/${ws}/tables`)}>All tables</Button>
          </>
        }
      />
    );
  }
  if (!table.data || !shown) return <GridSkeleton />;
  if (asOf !== null) {
    return (
      <Suspense fallback={<GridSkeleton />}>
        <PastTable key={id} workspaceId={ws} table={table.data} state={shown} asOf={asOf} onMoment={travel} />
      </Suspense>
    );
  }
  return <TableView key={id} workspaceId={ws} table={table.data} state={shown} onTravel={travel} />;
}

function GridSkeleton() {
  return (
    <div role="status" aria-label="Loading the table" className="flex h-full flex-col bg-surface">
      <div className="flex h-11 items-center border-b border-line px-4">
        <Skeleton className="h-4 w-40" />
      </div>
      <div className="flex h-10 items-center gap-3 border-b border-line px-4">
        {[1, 2, 3, 4].map((i) => (
          <Skeleton key={i} className="h-4 w-16" />
        ))}
      </div>
      <div className="flex flex-col gap-4 p-4">
        {Array.from({ length: 12 }, (_, i) => (
          <Skeleton key={i} className="h-4 w-full" />
        ))}
      </div>
    </div>
  );
}
