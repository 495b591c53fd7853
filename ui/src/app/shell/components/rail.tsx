import { ChevronDown, Search } from 'lucide-react';
import { NavLink } from 'react-router';
import { useCan } from '@/api/permissions';
import { Kbd } from '@/components/states';
import { MentionsButton } from '@/features/comments/components/mentions-button';
import { cx } from '@/lib/cx';
import { useUi } from '@/lib/ui-store';
import { groups, useDestinations, type Destination } from '../destinations';
import { AccountMenu } from './account-menu';
import { railLink } from './rail-link';
import { TableTree } from './table-tree';
import { WorkspaceMenu } from './workspace-menu';

/** The left side of every page: the workspace, the tables, the pages in groups that fold (see destinations.tsx), the account. */
export function Rail({ workspaceId: ws }: { workspaceId: string }) {
  const can = useCan(ws);
  const setPalette = useUi((s) => s.setPalette);
  const pages = useDestinations(ws);
  return (
    <nav aria-label="Workspace" className="flex h-full flex-col border-r border-line bg-surface">
      <div className="flex items-center gap-1 p-2">
        <div className="min-w-0 flex-1">
          <WorkspaceMenu workspaceId={ws} />
        </div>
        {can('tables.read') && <MentionsButton workspaceId={ws} />}
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
      <Links ws={ws} pages={pages.filter((p) => p.group === 'Start')} className="px-2 pb-1" />
      <div className="flex min-h-40 flex-1 flex-col">
        {can('tables.read') && <TableTree ws={ws} canCreate={can('tables.manage')} />}
      </div>
      <div className="min-h-0 shrink overflow-y-auto border-t border-line px-2 py-1">
        {groups.map((name) => (
          <Group key={name} ws={ws} name={name} pages={pages.filter((p) => p.group === name)} />
        ))}
      </div>
      <div className="border-t border-line p-2">
        <AccountMenu workspaceId={ws} />
      </div>
    </nav>
  );
}

function Group({ ws, name, pages }: { ws: string; name: (typeof groups)[number]; pages: Destination[] }) {
  const folded = useUi((s) => s.folded.includes(name));
  const fold = useUi((s) => s.fold);
  if (pages.length === 0) return null;
  return (
    <section>
      <button
        type="button"
        aria-expanded={!folded}
        onClick={() => fold(name, !folded)}
        className="group flex h-7 w-full items-center gap-1 rounded-md px-2 text-left text-xs font-semibold tracking-wide text-ink-3 uppercase hover:text-ink"
      >
        <span className="flex-1">{name}</span>
        <ChevronDown
          size={12}
          className={cx(
            'transition-transform',
            folded ? '-rotate-90' : 'opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100',
          )}
        />
      </button>
      {!folded && <Links ws={ws} pages={pages} className="pb-1" />}
    </section>
  );
}

function Links({ ws, pages, className }: { ws: string; pages: Destination[]; className: string }) {
  return (
    <ul className={cx('flex flex-col gap-0.5', className)}>
      {pages.map(({ to, label, icon: Icon }) => (
        <li key={to}>
          <NavLink to={`/w/${ws}/${to}`} end={to === ''} className={railLink}>
            <Icon size={15} className="shrink-0" />
            <span className="truncate">{label}</span>
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
