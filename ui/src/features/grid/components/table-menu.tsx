import { ChevronDown, Copy, CopyCheck, Pencil, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { useCan } from '@/api/permissions';
import type { Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { MenuTrigger, type MenuEntry } from '@/components/menu';

const TableDetailsDialog = lazy(() =>
  import('@/features/tables/components/table-details-dialog').then((m) => ({ default: m.TableDetailsDialog })),
);
const DuplicateTableDialog = lazy(() =>
  import('@/features/tables/components/duplicate-table-dialog').then((m) => ({ default: m.DuplicateTableDialog })),
);
const DeleteTable = lazy(() =>
  import('@/features/tables/components/delete-table').then((m) => ({ default: m.DeleteTable })),
);

/** What can be done with the table as a whole, beside its name. */
export function TableMenu({ workspaceId: ws, table }: { workspaceId: string; table: Table }) {
  const can = useCan(ws);
  const navigate = useNavigate();
  const [open, setOpen] = useState<'details' | 'duplicate' | 'delete' | null>(null);
  if (!can('tables.manage')) return null;
  const items: MenuEntry[] = [
    { label: 'Name and details', icon: <Pencil size={14} />, onSelect: () => setOpen('details') },
    { label: 'Duplicate', icon: <Copy size={14} />, onSelect: () => setOpen('duplicate') },
    {
      label: 'Find duplicates',
      icon: <CopyCheck size={14} />,
      onSelect: () => void navigate(`/w/${ws}/tables/${table.id}/duplicates`),
    },
    null,
    { label: 'Delete table', icon: <Trash2 size={14} />, danger: true, onSelect: () => setOpen('delete') },
  ];
  const props = { workspaceId: ws, table, onClose: () => setOpen(null) };
  return (
    <>
      <MenuTrigger
        label="Table"
        items={items}
        trigger={(p) => (
          <IconButton label={`Menu of the table ${table.name}`} size="sm" className="!size-6" {...p}>
            <ChevronDown size={14} />
          </IconButton>
        )}
      />
      <Suspense fallback={null}>
        {open === 'details' && <TableDetailsDialog {...props} />}
        {open === 'duplicate' && <DuplicateTableDialog {...props} />}
        {open === 'delete' && <DeleteTable {...props} onDeleted={() => void navigate(`/w/${ws}/tables`)} />}
      </Suspense>
    </>
  );
}
