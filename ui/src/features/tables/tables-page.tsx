import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Plus, Table2, Trash2, Upload } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { membersQuery } from '@/api/members';
import { useCan } from '@/api/permissions';
import type { TableSummary } from '@/api/types';
import { tablesQuery } from '@/api/tables';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button, IconButton } from '@/components/button';
import { MenuTrigger } from '@/components/menu';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { ago, count } from '@/lib/format';
import { CreateTableDialog } from './components/create-table-dialog';
import { DeleteTable } from './components/delete-table';
import { DuplicateTableDialog } from './components/duplicate-table-dialog';
import { TableDetailsDialog } from './components/table-details-dialog';
import { TrashDialog } from './components/trash-dialog';

type Open =
  { kind: 'create' } | { kind: 'trash' } | { kind: 'details' | 'duplicate' | 'delete'; table: TableSummary } | null;

export function TablesPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const tables = useQuery(tablesQuery(ws));
  const [open, setOpen] = useState<Open>(null);
  const navigate = useNavigate();
  const members = useQuery({ ...membersQuery(ws), enabled: can('members.read') });
  const names = new Map(members.data?.map((m) => [m.user_id, m.name || m.email]));
  const manage = can('tables.manage');
  const create = (
    <Button variant="primary" icon={<Plus size={15} />} onClick={() => setOpen({ kind: 'create' })}>
      New table
    </Button>
  );
  return (
    <Page
      title="Tables"
      actions={
        manage && (
          <>
            <Button icon={<Trash2 size={14} />} onClick={() => setOpen({ kind: 'trash' })}>
              Trash
            </Button>
            <Button icon={<Upload size={14} />} onClick={() => void navigate(`/w/${ws}/import`)}>
              Import
            </Button>
            {create}
          </>
        )
      }
    >
      <Card flush>
        {tables.isPending && <SkeletonRows />}
        {tables.isError && <Notice tone="danger">{messageOf(tables.error)}</Notice>}
        {tables.data?.length === 0 && (
          <Empty
            icon={<Table2 size={20} />}
            title="Start with a table"
            text="Import a list of companies or contacts, or begin with an empty table and add columns that fill themselves."
            action={
              manage && (
                <>
                  {create}
                  <Button icon={<Upload size={14} />} onClick={() => void navigate(`/w/${ws}/import`)}>
                    Import a file
                  </Button>
                </>
              )
            }
          />
        )}
        {tables.data && tables.data.length > 0 && (
          <DataTable
            head={[
              'Name',
              { text: 'Rows', numeric: true },
              { text: 'Columns', numeric: true, wide: true },
              { text: 'Owner', wide: true },
              'Changed',
              '',
            ]}
            label="Tables"
          >
            {tables.data.map((t) => (
              <tr key={t.id} className="hover:bg-hover">
                <Td className="w-full max-w-0 sm:w-auto sm:max-w-[280px]">
                  <Link to={t.id} className="flex items-center gap-2.5 font-medium hover:text-primary-ink">
                    <Table2 size={16} className="shrink-0 text-ink-3" />
                    <span className="min-w-0">
                      <span className="block truncate">
                        <Shown text={t.name} />
                      </span>
                      {t.description && (
                        <span className="block truncate text-sm font-normal text-ink-3" title={t.description}>
                          <Shown text={t.description} />
                        </span>
                      )}
                    </span>
                  </Link>
                </Td>
                <Td numeric>{count(t.row_count)}</Td>
                <Td numeric>{count(t.column_count)}</Td>
                <Td className="max-w-[160px] truncate text-ink-2">{names.get(t.owner_id ?? '') ?? ''}</Td>
                <Td className="whitespace-nowrap text-ink-2">{ago(t.updated_at)}</Td>
                <Td className="w-10">
                  {manage && (
                    <MenuTrigger
                      label={`Actions for ${t.name}`}
                      align="end"
                      items={[
                        { label: 'Open', onSelect: () => void navigate(t.id) },
                        { label: 'Name and details', onSelect: () => setOpen({ kind: 'details', table: t }) },
                        { label: 'Duplicate', onSelect: () => setOpen({ kind: 'duplicate', table: t }) },
                        null,
                        { label: 'Delete', danger: true, onSelect: () => setOpen({ kind: 'delete', table: t }) },
                      ]}
                      trigger={(p) => (
                        <IconButton label={`Actions for ${t.name}`} size="sm" {...p}>
                          <Ellipsis size={16} />
                        </IconButton>
                      )}
                    />
                  )}
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {open?.kind === 'create' && <CreateTableDialog workspaceId={ws} onClose={() => setOpen(null)} />}
      {open?.kind === 'trash' && <TrashDialog workspaceId={ws} onClose={() => setOpen(null)} />}
      {open?.kind === 'details' && (
        <TableDetailsDialog workspaceId={ws} table={open.table} onClose={() => setOpen(null)} />
      )}
      {open?.kind === 'duplicate' && (
        <DuplicateTableDialog workspaceId={ws} table={open.table} onClose={() => setOpen(null)} />
      )}
      {open?.kind === 'delete' && <DeleteTable workspaceId={ws} table={open.table} onClose={() => setOpen(null)} />}
    </Page>
  );
}
