import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, ChevronDown, ChevronUp } from 'lucide-react';
import { lazy, Suspense, useEffect } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tableQuery } from '@/api/tables';
import type { Row, Table } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button, IconButton } from '@/components/button';
import { Card, Page } from '@/components/page';
import { Empty, SkeletonRows } from '@/components/states';
import { plainText } from '@/grid/values';
import { count, dateTime } from '@/lib/format';
import { row as fetchRow } from './api/rows';
import { RowCells } from './components/row-cells';
import { RowHistory } from './components/row-history';
import { useNeighbours } from './use-neighbours';
import { stateOfView, useViews } from './view-state';

const Threads = lazy(() => import('@/features/comments/components/threads').then((m) => ({ default: m.Threads })));

/** A row on a page of its own: all cells with where they come from, comments, its history, and the way to the rows around it. */
export function RowPage() {
  const ws = useWorkspaceId();
  const { tableId = '', rowId = '' } = useParams();
  const table = useQuery(tableQuery(ws, tableId));
  const row = useQuery({
    queryKey: ['row', ws, tableId, rowId],
    queryFn: () => fetchRow(ws, tableId, rowId),
    retry: false,
  });
  const failed = table.error ?? row.error;
  if (failed) {
    return (
      <Empty
        page
        title="This row can’t be opened"
        text={messageOf(failed)}
        action={<Link to={`/w/${ws}/tables/${tableId}`}>Open the table</Link>}
      />
    );
  }
  if (!table.data || !row.data) return <SkeletonRows rows={8} />;
  return <Loaded ws={ws} table={table.data} row={row.data} />;
}

/** The record's name: what its first column says. */
function nameOf(table: Table, row: Row): string {
  const first = table.columns[0];
  return (first ? plainText(row.cells[first.id] ?? null) : '') || 'Row without a name';
}

function Loaded({ ws, table, row }: { ws: string; table: Table; row: Row }) {
  const can = useCan(ws);
  const title = nameOf(table, row);
  useEffect(() => {
    document.title = `${title} · ${table.name} · Morket`;
    return () => {
      document.title = 'Morket';
    };
  }, [title, table.name]);
  return (
    <Page
      title={title}
      text={`Created ${dateTime(row.created_at)} · last modified ${dateTime(row.updated_at)}`}
      actions={<Around ws={ws} table={table} rowId={row.id} />}
    >
      <Link
        to={`/w/${ws}/tables/${table.id}?row=${row.id}`}
        className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink"
      >
        <ArrowLeft size={14} /> {table.name}
      </Link>
      <RowCells key={row.id} workspaceId={ws} table={table} row={row} canEdit={can('rows.edit')} />
      <Card title="Comments" flush>
        <Suspense fallback={<SkeletonRows rows={2} />}>
          <Threads key={row.id} workspaceId={ws} table={table} rowId={row.id} columnId={null} />
        </Suspense>
      </Card>
      <RowHistory workspaceId={ws} table={table} rowId={row.id} version={row.version} />
    </Page>
  );
}

/** To the rows before and behind, by button and by Alt with an arrow. */
function Around({ ws, table, rowId }: { ws: string; table: Table; rowId: string }) {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const asked = params.get('at');
  const kept = useViews((s) => s.byTable[table.id]);
  const state = kept ?? stateOfView(table, table.views?.find((v) => v.default) ?? table.views?.[0]);
  const query = { filter: state.filter, sort: state.sort, q: state.q };
  const place = asked !== null && /^\d{1,9}$/.test(asked) ? Number(asked) : null;
  const around = useNeighbours(ws, table.id, rowId, query, place);
  useEffect(() => {
    const keys = (e: KeyboardEvent): void => {
      if (!e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) return;
      const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
      const id = by > 0 ? around?.after : around?.before;
      if (by === 0 || !around || !id) return;
      e.preventDefault();
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); // what was typed is saved
      void navigate(addressOf(ws, table.id, id, around.at + by, around.inView), { replace: true });
    };
    window.addEventListener('keydown', keys);
    return () => window.removeEventListener('keydown', keys);
  }, [around, navigate, ws, table.id]);
  const go = (by: 1 | -1): void => {
    const id = by > 0 ? around?.after : around?.before;
    if (around && id) void navigate(addressOf(ws, table.id, id, around.at + by, around.inView), { replace: true });
  };
  return (
    <>
      {around && (
        <span className="tnum self-center text-sm text-ink-3" aria-live="polite">
          Row {count(around.at + 1)} of {around.inView ? 'the view' : 'the table'}
        </span>
      )}
      <IconButton label="Previous row (Alt+↑)" disabled={!around?.before} onClick={() => go(-1)}>
        <ChevronUp size={16} />
      </IconButton>
      <IconButton label="Next row (Alt+↓)" disabled={!around?.after} onClick={() => go(1)}>
        <ChevronDown size={16} />
      </IconButton>
      <Button size="sm" onClick={() => void navigate(`/w/${ws}/tables/${table.id}?row=${rowId}`)}>
        Show in the table
      </Button>
    </>
  );
}

function addressOf(ws: string, table: string, row: string, at: number, inView: boolean): string {
  return `/w/${ws}/tables/${table}/rows/${row}${inView ? `?at=${String(at)}` : ''}`;
}
