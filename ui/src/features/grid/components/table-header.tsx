import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  Building2,
  ChevronRight,
  Ellipsis,
  History,
  LayoutGrid,
  Plus,
  Sparkles,
  Upload,
  UserSearch,
  Users,
} from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useCan } from '@/api/permissions';
import type { Table, View } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { MenuTrigger, type MenuEntry } from '@/components/menu';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { spelled } from '@/lib/signs';
import { toast } from '@/lib/toasts';
import { tableChanged, updateView } from '../api/table';
import type { GridPage } from '../use-grid-page';
import { isDirty, stateOfView, useViews, viewBody, type ViewState } from '../view-state';
import { DeleteView } from './delete-view';
import { PeopleHere } from './people-here';
import { SaveViewDialog } from './save-view-dialog';
import { TableMenu } from './table-menu';
import { ViewGallery } from './view-gallery';

export interface HeaderProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
}

export function TableHeader({ workspaceId: ws, table, state, page }: HeaderProps) {
  const can = useCan(ws);
  return (
    <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line px-3">
      <nav aria-label="Breadcrumb" className="flex min-w-0 shrink-0 items-center gap-1 text-base">
        <Link to={`/w/${ws}/tables`} className="hidden text-ink-3 hover:text-ink sm:inline">
          Tables
        </Link>
        <ChevronRight size={14} className="hidden text-ink-3 sm:inline" />
        <span
          className="max-w-[32ch] truncate text-md font-semibold"
          title={table.description ? spelled(table.description) : undefined}
        >
          <Shown text={table.name} />
        </span>
      </nav>
      <span className="-ml-2">
        <TableMenu workspaceId={ws} table={table} />
      </span>
      <div className="h-5 w-px shrink-0 bg-line" />
      <Views ws={ws} table={table} state={state} canManage={can('tables.manage')} />
      <div className="flex-1" />
      <PeopleHere others={page.others} />
      {can('rows.edit') && <AddRows ws={ws} table={table} page={page} />}
      {can('tables.manage') && (
        <Button
          size="sm"
          variant="ghost"
          aria-label="Enrich"
          icon={<Sparkles size={14} className="text-primary" />}
          onClick={() => page.setPanel({ kind: 'enrichment', columnId: null })}
        >
          <span className="hidden lg:inline">Enrich</span>
        </Button>
      )}
      <IconButton
        label="Undo history"
        size="sm"
        className="!size-7"
        active={page.panel?.kind === 'undo'}
        onClick={() => page.setPanel(page.panel?.kind === 'undo' ? null : { kind: 'undo' })}
      >
        <History size={15} />
      </IconButton>
    </header>
  );
}

/** The ways in which a table gets more rows. */
function AddRows({ ws, table, page }: { ws: string; table: Table; page: GridPage }) {
  const navigate = useNavigate();
  const find = (kind: string) => () => void navigate(`/w/${ws}/find?kind=${kind}&table=${table.id}`);
  const items: MenuEntry[] = [
    { label: 'Add a row', icon: <Plus size={14} />, onSelect: () => void page.insertRow() },
    { label: 'Import a file', icon: <Upload size={14} />, onSelect: () => void navigate(`/w/${ws}/import`) },
    null,
    { label: 'Find people', icon: <UserSearch size={14} />, onSelect: find('people') },
    { label: 'Find companies', icon: <Building2 size={14} />, onSelect: find('companies') },
  ];
  return (
    <MenuTrigger
      label="Add rows"
      align="end"
      items={items}
      trigger={(p) => (
        <Button size="sm" variant="ghost" aria-label="Add rows" icon={<Plus size={14} />} {...p}>
          <span className="hidden lg:inline">Add rows</span>
        </Button>
      )}
    />
  );
}

function Views({ ws, table, state, canManage }: { ws: string; table: Table; state: ViewState; canManage: boolean }) {
  const client = useQueryClient();
  const set = useViews((s) => s.set);
  const change = useViews((s) => s.change);
  const [dialog, setDialog] = useState<{ kind: 'new' } | { kind: 'rename' | 'delete'; view: View } | null>(null);
  const [gallery, setGallery] = useState(false);
  const views = table.views ?? [];
  const current = views.find((v) => v.id === state.viewId);
  const dirty = isDirty(table, state);
  const open = (view: View | undefined): void => set(table.id, stateOfView(table, view));
  const save = useMutation({
    mutationFn: (view: View) => updateView(ws, table.id, view.id, { ...view, ...viewBody(state) }),
    onSuccess: async () => {
      await tableChanged(client, ws, table.id);
      toast.success('View saved');
    },
  });
  const share = useMutation({
    mutationFn: (v: View) => updateView(ws, table.id, v.id, { ...v, shared: !v.shared }),
    onSuccess: () => tableChanged(client, ws, table.id),
  });
  const menu = (view: View): MenuEntry[] => [
    { label: 'Rename', onSelect: () => setDialog({ kind: 'rename', view }) },
    {
      label: view.shared ? 'Make personal' : 'Share with everyone',
      icon: <Users size={14} />,
      onSelect: () => share.mutate(view),
    },
    null,
    { label: 'Delete view', danger: true, onSelect: () => setDialog({ kind: 'delete', view }) },
  ];
  const tab = (on: boolean): string =>
    cx(
      'inline-flex h-7 shrink-0 items-center gap-1 rounded-md px-2 text-sm font-medium transition-colors',
      on ? 'bg-active text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
    );
  return (
    <div className="flex min-w-0 items-center gap-1 overflow-x-auto">
      {views.length === 0 && <span className={tab(true)}>All rows</span>}
      {views.map((v) => (
        <span key={v.id} className={tab(v.id === state.viewId)}>
          <button
            type="button"
            aria-current={v.id === state.viewId ? 'true' : undefined}
            onClick={() => open(v)}
            className="flex items-center gap-1"
          >
            <Shown text={v.name} />
            {v.shared && <Users size={12} aria-label="shared" className="text-ink-3" />}
          </button>
          {v.id === state.viewId && canManage && (
            <MenuTrigger
              label={`View ${v.name}`}
              items={menu(v)}
              trigger={(p) => (
                <button
                  type="button"
                  aria-label={`Menu of view ${v.name}`}
                  className="-mr-1 rounded p-0.5 text-ink-3 hover:bg-hover hover:text-ink"
                  {...p}
                >
                  <Ellipsis size={13} />
                </button>
              )}
            />
          )}
        </span>
      ))}
      {canManage && (
        <IconButton label="New view" size="sm" onClick={() => setDialog({ kind: 'new' })}>
          <Plus size={14} />
        </IconButton>
      )}
      {views.length > 0 && (
        <IconButton label="All views" size="sm" onClick={() => setGallery(true)}>
          <LayoutGrid size={14} />
        </IconButton>
      )}
      {gallery && (
        <ViewGallery
          workspaceId={ws}
          table={table}
          state={state}
          canManage={canManage}
          onClose={() => setGallery(false)}
          onOpen={open}
        />
      )}
      {dirty && (
        <span className="flex shrink-0 items-center gap-1 pl-1">
          {canManage && current && (
            <Button size="sm" variant="primary" busy={save.isPending} onClick={() => save.mutate(current)}>
              Save view
            </Button>
          )}
          {canManage && !current && (
            <Button size="sm" variant="primary" onClick={() => setDialog({ kind: 'new' })}>
              Save as view
            </Button>
          )}
          <Button size="sm" variant="ghost" onClick={() => open(current)}>
            Reset
          </Button>
        </span>
      )}
      {dialog && dialog.kind !== 'delete' && (
        <SaveViewDialog
          workspaceId={ws}
          table={table}
          state={state}
          view={dialog.kind === 'rename' ? dialog.view : null}
          onClose={() => setDialog(null)}
          onSaved={(id) => change(table.id, { viewId: id })}
        />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteView
          workspaceId={ws}
          table={table}
          view={dialog.view}
          onClose={() => setDialog(null)}
          onDeleted={() => open(views.find((v) => v.id !== dialog.view.id))}
        />
      )}
    </div>
  );
}
