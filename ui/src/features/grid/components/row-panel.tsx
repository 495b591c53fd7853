import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, History, Maximize2, MessageSquare, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CellValue, Column, Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { Drawer } from '@/components/drawer';
import { Notice, SkeletonRows } from '@/components/states';
import { isReadOnly } from '@/grid/model';
import { plainText } from '@/grid/values';
import { dateTime } from '@/lib/format';
import { row as fetchRow } from '../api/rows';
import type { GridPage } from '../use-grid-page';
import { RowField } from './row-field';

/** One row as a form: every field, also the hidden ones. */
export function RowPanel({
  workspaceId: ws,
  table,
  page,
  rowId,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  rowId: string;
  onClose: () => void;
}) {
  const can = useCan(ws);
  const [, redraw] = useState(0);
  const cached = page.grid?.cache.get(rowId);
  const fetched = useQuery({
    queryKey: ['row', ws, table.id, rowId],
    queryFn: () => fetchRow(ws, table.id, rowId),
    enabled: !cached,
  });
  const data = cached ?? fetched.data;
  const index = page.grid?.cache.indexOf(rowId);
  const go = (by: number): void => {
    const next = index === undefined ? undefined : page.grid?.cache.at(index + by);
    if (next) page.setPanel({ kind: 'row', rowId: next.id });
  };
  const save = (column: Column, value: CellValue): void => {
    page.grid?.edit([{ rowId, columnId: column.id, value }], true);
    redraw((n) => n + 1);
  };
  return (
    <Drawer
      title={index === undefined ? 'Row' : `Row ${(index + 1).toLocaleString('en')}`}
      onClose={onClose}
      actions={
        <>
          <IconButton label="Row above" size="sm" disabled={!index} onClick={() => go(-1)}>
            <ChevronUp size={16} />
          </IconButton>
          <IconButton label="Row below" size="sm" onClick={() => go(1)}>
            <ChevronDown size={16} />
          </IconButton>
          <IconButton label="Open as a page" size="sm" onClick={() => page.openRowPage(rowId)}>
            <Maximize2 size={14} />
          </IconButton>
          <IconButton
            label="Comments on the row"
            size="sm"
            onClick={() => page.setPanel({ kind: 'comments', rowId, columnId: null })}
          >
            <MessageSquare size={15} />
          </IconButton>
          <IconButton
            label="History of the row"
            size="sm"
            onClick={() => page.setPanel({ kind: 'history', rowId, columnId: null })}
          >
            <History size={15} />
          </IconButton>
          {can('rows.edit') && (
            <IconButton
              label="Delete the row"
              size="sm"
              onClick={() => page.setOverlay({ kind: 'delete-rows', all: false, ids: [rowId] })}
            >
              <Trash2 size={15} />
            </IconButton>
          )}
        </>
      }
    >
      {!data && fetched.isPending && <SkeletonRows />}
      {fetched.isError && <Notice tone="danger">{messageOf(fetched.error)}</Notice>}
      {data && (
        <div className="flex flex-col gap-3.5 p-3">
          {table.columns
            .filter((c) => !isReadOnly(c))
            .map((c) => (
              <RowField
                key={`${c.id}/${plainText(data.cells[c.id] ?? null)}`}
                column={c}
                value={data.cells[c.id] ?? null}
                disabled={!can('rows.edit')}
                onSave={(v) => save(c, v)}
              />
            ))}
          <p className="border-t border-line pt-2 text-sm text-ink-3">
            Created {dateTime(data.created_at)} · changed {dateTime(data.updated_at)}
          </p>
        </div>
      )}
    </Drawer>
  );
}
