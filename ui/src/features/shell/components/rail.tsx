import { useQuery } from '@tanstack/react-query';
import { Activity, Coins, Plus, Search, Settings, Table2, Upload } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { NavLink } from 'react-router';
import { useCan } from '@/api/permissions';
import { IconButton } from '@/components/button';
import { Kbd, Skeleton } from '@/components/states';
import { CreateTableDialog } from '@/features/tables/components/create-table-dialog';
import { tablesQuery } from '@/features/tables/api/tables';
import { count } from '@/lib/format';
import { cx } from '@/lib/cx';
import { useUi } from '@/lib/ui-store';
import { AccountMenu } from './account-menu';
import { WorkspaceMenu } from './workspace-menu';

const link = ({ isActive }: { isActive: boolean }): string =>
  cx(
    'flex h-8 items-center gap-2.5 rounded-md px-2 text-base transition-colors',
    isActive ? 'bg-primary-soft font-medium text-primary-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
  );

export function Rail({ workspaceId: ws }: { workspaceId: string }) {
  const can = useCan(ws);
  const setPalette = useUi((s) => s.setPalette);
  return (
    <nav aria-label="Workspace" className="flex h-full flex-col border-r border-line bg-surface">
      <div className="p-2">
        <WorkspaceMenu workspaceId={ws} />
      </div>
      <div className="px-2 pb-2">
        <button
          type="button"
          onClick={() => setPalette(true)}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-sunken px-2 text-left text-ink-3 transition-colors hover:border-line-strong"
        >
          <Search size={14} />
          <span className="flex-1">Go to…</span>
          <Kbd>Ctrl K</Kbd>
        </button>
      </div>
      {can('tables.read') && <TableTree ws={ws} canCreate={can('tables.manage')} />}
      {!can('tables.read') && <div className="flex-1" />}
      <div className="flex flex-col gap-0.5 border-t border-line p-2">
        {can('data.import') && <Item to={`/w/${ws}/import`} icon={<Upload size={16} />} label="Import" />}
        {can('tables.read') && <Item to={`/w/${ws}/jobs`} icon={<Activity size={16} />} label="Jobs" />}
        {can('credits.read') && <Item to={`/w/${ws}/credits`} icon={<Coins size={16} />} label="Credits" />}
        <Item to={`/w/${ws}/settings`} icon={<Settings size={16} />} label="Settings" />
      </div>
      <div className="border-t border-line p-2">
        <AccountMenu workspaceId={ws} />
      </div>
    </nav>
  );
}

function Item({ to, icon, label }: { to: string; icon: ReactNode; label: string }) {
  return (
    <NavLink to={to} className={link}>
      {icon}
      {label}
    </NavLink>
  );
}

function TableTree({ ws, canCreate }: { ws: string; canCreate: boolean }) {
  const { data, isPending } = useQuery(tablesQuery(ws));
  const [creating, setCreating] = useState(false);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center justify-between py-1 pr-2 pl-4">
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
              <NavLink to={`/w/${ws}/tables/${t.id}`} className={link}>
                <Table2 size={15} className="shrink-0" />
                <span className="min-w-0 flex-1 truncate">{t.name}</span>
                <span className="tnum text-xs font-normal text-ink-3">{count(t.row_count)}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </div>
      {creating && <CreateTableDialog workspaceId={ws} onClose={() => setCreating(false)} />}
    </div>
  );
}
