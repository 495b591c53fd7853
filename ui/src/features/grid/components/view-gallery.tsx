import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  ArrowDownUp,
  Copy,
  Ellipsis,
  EyeOff,
  Layers,
  Link2,
  ListFilter,
  Pencil,
  Star,
  Trash2,
  Users,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { membersQuery } from '@/api/members';
import { useCan } from '@/api/permissions';
import type { Table, View } from '@/api/types';
import { IconButton } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Input } from '@/components/field';
import { MenuTrigger, type MenuEntry } from '@/components/menu';
import { Badge } from '@/components/states';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { copyName } from '@/lib/copy-name';
import { holds } from '@/lib/fold';
import { plural } from '@/lib/format';
import { createView, tableChanged, updateView } from '../api/table';
import { copyLink } from '../cell-link';
import { summaryOf } from '../view-summary';
import type { ViewState } from '../view-state';
import { DeleteView } from './delete-view';
import { SaveViewDialog } from './save-view-dialog';

export interface GalleryProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  canManage: boolean;
  onClose: () => void;
  onOpen: (view: View | undefined) => void;
}

/** All views of the table: what each shows, whose it is, and what can be done with it. */
export function ViewGallery({ workspaceId: ws, table, state, canManage, onClose, onOpen }: GalleryProps) {
  const can = useCan(ws);
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [dialog, setDialog] = useState<{ kind: 'rename' | 'delete'; view: View } | null>(null);
  const members = useQuery({ ...membersQuery(ws), enabled: can('members.read') });
  const names = new Map(members.data?.map((m) => [m.user_id, m.name || m.email]));
  const all = table.views ?? [];
  const changed = (): Promise<void> => tableChanged(client, ws, table.id);
  const duplicate = useMutation({
    mutationFn: (v: View) =>
      createView(ws, table.id, {
        ...v,
        default: false,
        name: copyName(
          v.name,
          all.map((x) => x.name),
        ),
      }),
    onSuccess: changed,
  });
  const update = useMutation({
    mutationFn: (v: View) => updateView(ws, table.id, v.id, v),
    onSuccess: changed,
  });
  const menu = (view: View): MenuEntry[] => {
    const link = { workspaceId: ws, tableId: table.id, viewId: view.id };
    const items: MenuEntry[] = [{ label: 'Copy link', icon: <Link2 size={14} />, onSelect: () => copyLink(link) }];
    if (!canManage) return items;
    items.push(
      { label: 'Rename', icon: <Pencil size={14} />, onSelect: () => setDialog({ kind: 'rename', view }) },
      { label: 'Duplicate', icon: <Copy size={14} />, onSelect: () => duplicate.mutate(view) },
    );
    if (!view.default)
      items.push(
        {
          label: 'Make the default',
          icon: <Star size={14} />,
          onSelect: () => update.mutate({ ...view, shared: true, default: true }),
        },
        {
          label: view.shared ? 'Make personal' : 'Share with everyone',
          icon: <Users size={14} />,
          onSelect: () => update.mutate({ ...view, shared: !view.shared }),
        },
        null,
        {
          label: 'Delete view',
          icon: <Trash2 size={14} />,
          danger: true,
          onSelect: () => setDialog({ kind: 'delete', view }),
        },
      );
    return items;
  };
  const shown = all.filter((v) => holds(v.name, text));
  return (
    <Dialog title={`Views of “${table.name}”`} size="lg" onClose={onClose}>
      <div className="flex flex-col gap-3">
        {all.length > 6 && (
          <Input
            value={text}
            aria-label="Find a view"
            placeholder="Find a view"
            onChange={(e) => setText(e.target.value)}
          />
        )}
        <ul aria-label="Views" className="grid gap-2 sm:grid-cols-2">
          {shown.map((v) => (
            <li
              key={v.id}
              className={cx(
                'relative flex flex-col gap-1.5 rounded-md border p-3 transition-colors focus-within:border-primary hover:border-line-strong',
                v.id === state.viewId ? 'border-primary bg-primary-soft' : 'border-line bg-surface',
              )}
            >
              <div className="flex items-center gap-2">
                <button
                  type="button"
                  aria-current={v.id === state.viewId ? 'true' : undefined}
                  className="min-w-0 flex-1 truncate text-left font-medium after:absolute after:inset-0 after:rounded-md"
                  onClick={() => {
                    onClose();
                    onOpen(v);
                  }}
                >
                  <Shown text={v.name} />
                </button>
                {v.default && <Badge tone="primary">Default</Badge>}
                <Badge>{v.shared ? 'Shared' : 'Personal'}</Badge>
                <span className="relative z-10">
                  <MenuTrigger
                    label={`View ${v.name}`}
                    align="end"
                    items={menu(v)}
                    trigger={(p) => (
                      <IconButton label={`Actions for the view ${v.name}`} size="sm" className="!size-6" {...p}>
                        <Ellipsis size={14} />
                      </IconButton>
                    )}
                  />
                </span>
              </div>
              <Facts view={v} table={table} />
              {names.get(v.owner ?? '') && (
                <p className="text-sm text-ink-3">
                  Owner: <Shown text={names.get(v.owner ?? '') ?? ''} />
                </p>
              )}
            </li>
          ))}
        </ul>
        {shown.length === 0 && <p className="text-ink-2">No view is called so.</p>}
      </div>
      {dialog?.kind === 'rename' && (
        <SaveViewDialog
          workspaceId={ws}
          table={table}
          state={state}
          view={dialog.view}
          onClose={() => setDialog(null)}
          onSaved={() => undefined}
        />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteView
          workspaceId={ws}
          table={table}
          view={dialog.view}
          onClose={() => setDialog(null)}
          onDeleted={() => {
            if (dialog.view.id === state.viewId) onOpen(all.find((v) => v.default));
          }}
        />
      )}
    </Dialog>
  );
}

function Facts({ view, table }: { view: View; table: Table }) {
  const s = summaryOf(view, table.columns);
  const lines: [string, ReactNode, string | undefined][] = [
    ['Filter', <ListFilter key="f" size={13} />, s.filter],
    ['Sort', <ArrowDownUp key="s" size={13} />, s.sort],
    ['Group', <Layers key="g" size={13} />, s.groups],
    ['Hidden', <EyeOff key="h" size={13} />, s.hidden ? `${plural(s.hidden, 'column')} hidden` : undefined],
  ];
  const present = lines.filter(([, , text]) => text);
  if (present.length === 0) return <p className="text-sm text-ink-3">Every row and column</p>;
  return (
    <ul className="flex flex-col gap-1 text-sm text-ink-2">
      {present.map(([name, icon, text]) => (
        <li key={name} className="flex items-start gap-1.5" title={text}>
          <span className="mt-0.5 shrink-0 text-ink-3" aria-label={name} role="img">
            {icon}
          </span>
          <span className="line-clamp-2 min-w-0 break-words">
            <Shown text={text ?? ''} />
          </span>
        </li>
      ))}
    </ul>
  );
}
