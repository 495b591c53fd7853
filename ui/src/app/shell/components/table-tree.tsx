import { useQuery } from '@tanstack/react-query';
import { Plus, Table2 } from 'lucide-react';
import { useState } from 'react';
import { NavLink } from 'react-router';
import { IconButton } from '@/components/button';
import { Skeleton } from '@/components/states';
import { Shown } from '@/components/shown';
import { CreateTableDialog } from '@/features/tables/components/create-table-dialog';
import { tablesQuery } from '@/api/tables';
import { count } from '@/lib/format';
import { railLink } from './rail-link';

/** The tables of the workspace with their exact row counts. */
export function TableTree({ ws, canCreate }: { ws: string; canCreate: boolean }) {
  const { data, isPending } = useQuery(tablesQuery(ws));
  const [creating, setCreating] = useState(false);
  return (
    <>
      <div className="flex h-7 items-center justify-between py-1 pr-2 pl-4">
        <NavLink
          to={`/w/${ws}/tables`}
          end
          className="text-xs font-semibold tracking-wide text-ink-3 uppercase hover:text-ink"
        >
          Tables
        </NavLink>
        {canCreate && (
          <IconButton label="New table" size="sm" onClick={() => setCreating(true)}>
            <Plus size={14} />
          </IconButton>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {isPending && [1, 2, 3].map((i) => <Skeleton key={i} className="mx-2 my-2 h-4" />)}
        {data?.length === 0 && <p className="px-2 py-1 text-sm text-ink-3">No tables yet.</p>}
        <ul className="flex flex-col gap-0.5">
          {data?.map((t) => (
            <li key={t.id}>
              <NavLink to={`/w/${ws}/tables/${t.id}`} className={railLink}>
                <Table2 size={15} className="shrink-0" />
                <span className="min-w-0 flex-1 truncate">
                  <Shown text={t.name} />
                </span>
                <span className="tnum text-xs font-normal text-ink-3">{count(t.row_count)}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </div>
      {creating && <CreateTableDialog workspaceId={ws} onClose={() => setCreating(false)} />}
    </>
  );
}
