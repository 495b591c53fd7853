import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowRightLeft, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { tablesQuery } from '@/api/tables';
import type { CrmConnection, CrmVendor, Sync } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Empty } from '@/components/states';
import { dateTime, plural } from '@/lib/format';
import { deleteSync, runSync, syncsQuery } from '../api/integrations';
import { everyText, pulls, pushes } from '../draft';

export interface SyncListProps {
  ws: string;
  vendors: CrmVendor[];
  connections: CrmConnection[];
  mayRun: boolean;
}

/** The saved syncs. */
export function SyncList({ ws, vendors, connections, mayRun }: SyncListProps) {
  const syncs = useQuery(syncsQuery(ws));
  const navigate = useNavigate();
  const add = mayRun && connections.length > 0 && (
    <Button
      size="sm"
      variant="primary"
      icon={<Plus size={14} />}
      onClick={() => void navigate(`/w/${ws}/integrations/sync`)}
    >
      New sync
    </Button>
  );
  return (
    <Card title="Syncs" text="Which rows become which records." actions={add} flush>
      {syncs.data?.length === 0 ? (
        <Empty
          icon={<ArrowRightLeft size={20} />}
          title="No syncs yet"
          text={
            connections.length === 0 ? 'Connect a CRM first.' : 'A sync says how the columns of a table become fields.'
          }
        />
      ) : (
        <ul>
          {(syncs.data ?? []).map((s) => (
            <Row
              key={s.id}
              ws={ws}
              sync={s}
              where={whereOf(s, vendors, connections)}
              connected={connections.some((c) => c.id === s.connection_id && c.state === 'connected')}
              mayRun={mayRun}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

/** "HubSpot Contacts of Acme". */
function whereOf(s: Sync, vendors: CrmVendor[], connections: CrmConnection[]): string {
  const c = connections.find((one) => one.id === s.connection_id);
  const v = vendors.find((one) => one.slug === c?.vendor);
  if (!c || !v) return 'a connection that is gone';
  return `${v.name} ${v.objects.find((o) => o.slug === s.object)?.name ?? s.object} of ${c.account.name || c.account.id}`;
}

interface RowProps {
  ws: string;
  sync: Sync;
  where: string;
  connected: boolean;
  mayRun: boolean;
}

function Row({ ws, sync, where, connected, mayRun }: RowProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const tables = useQuery(tablesQuery(ws));
  const [removing, setRemoving] = useState(false);
  const run = useMutation({
    mutationFn: (direction: 'push' | 'pull') => runSync(ws, sync.id, direction, true),
    onSuccess: (id) => navigate(`/w/${ws}/integrations/runs/${id}`),
  });
  const remove = async (): Promise<void> => {
    await deleteSync(ws, sync.id);
    await client.invalidateQueries({ queryKey: ['syncs', ws] });
  };
  const table = tables.data?.find((t) => t.id === sync.table_id);
  return (
    <li className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3 last:border-0">
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">
          <Shown text={sync.name} />
        </p>
        <p className="text-sm text-ink-2">
          {table ? (
            <Link to={`/w/${ws}/tables/${sync.table_id}`} className="text-primary-ink underline">
              <Shown text={table.name} />
            </Link>
          ) : (
            'A table that is gone'
          )}{' '}
          {pushes(sync) ? (pulls(sync) ? 'and' : 'to') : 'from'} {where}, {plural(sync.mappings.length, 'field')}
        </p>
        {sync.pull_every_minutes !== undefined && sync.next_pull_at !== undefined && (
          <p className="text-sm text-ink-3">
            Pulls every {everyText(sync.pull_every_minutes)}, next {dateTime(sync.next_pull_at)}
          </p>
        )}
        {sync.open_conflicts > 0 && (
          <Link to={`/w/${ws}/integrations/syncs/${sync.id}/conflicts`} className="text-sm text-primary-ink underline">
            {plural(sync.open_conflicts, 'conflict')} to decide
          </Link>
        )}
      </div>
      {mayRun && (
        <div className="flex flex-wrap gap-2">
          {pushes(sync) && (
            <Button
              size="sm"
              busy={run.isPending && run.variables === 'push'}
              disabled={!connected || run.isPending}
              onClick={() => run.mutate('push')}
            >
              Dry run
            </Button>
          )}
          {pulls(sync) && (
            <Button
              size="sm"
              busy={run.isPending && run.variables === 'pull'}
              disabled={!connected || run.isPending}
              onClick={() => run.mutate('pull')}
            >
              Dry run of a pull
            </Button>
          )}
          <Button size="sm" onClick={() => void navigate(`/w/${ws}/integrations/sync?id=${sync.id}`)}>
            Edit
          </Button>
          <Button size="sm" variant="ghost" onClick={() => setRemoving(true)}>
            Delete
          </Button>
        </div>
      )}
      {removing && (
        <Confirm
          title={`Delete ${sync.name}?`}
          action="Delete"
          danger
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          <p>What it pushed stays in the CRM, and can still be reversed from its runs.</p>
        </Confirm>
      )}
    </li>
  );
}
