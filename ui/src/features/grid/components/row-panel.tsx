import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, History, Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CellValue, Column, Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { Drawer } from '@/components/drawer';
import { Select, Textarea } from '@/components/field';
import { Notice, SkeletonRows } from '@/components/states';
import { Shown, ShownBelow } from '@/components/shown';
import { isReadOnly, sameValue } from '@/grid/model';
import { TypedInput } from '@/grid/typed-input';
import { parseValue, plainText } from '@/grid/values';
import { dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { spelled } from '@/lib/signs';
import { row as fetchRow } from '../api/rows';
import type { GridPage } from '../use-grid-page';
import { ColumnIcon } from './type-icon';

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

function RowField({
  column,
  value,
  disabled,
  onSave,
}: {
  column: Column;
  value: CellValue;
  disabled: boolean;
  onSave: (v: CellValue) => void;
}) {
  const id = useId();
  const label = (
    <span className="mb-1 flex items-center gap-1.5 text-sm font-medium text-ink-2">
      <span className="text-ink-3">
        <ColumnIcon column={column} />
      </span>
      <Shown text={column.name} />
    </span>
  );
  if (column.type === 'boolean') {
    return (
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          disabled={disabled}
          checked={value === true}
          onChange={(e) => onSave(e.target.checked)}
          className="size-3.5 accent-primary"
        />
        <span className="text-sm font-medium text-ink-2">
          <Shown text={column.name} />
        </span>
      </label>
    );
  }
  if (column.type === 'select') {
    return (
      <label className="block">
        {label}
        <Select disabled={disabled} value={plainText(value)} onChange={(e) => onSave(e.target.value || null)}>
          <option value="">–</option>
          {(column.options ?? []).map((o) => (
            <option key={o.name} value={o.name}>
              {spelled(o.name)}
            </option>
          ))}
        </Select>
      </label>
    );
  }
  if (column.type !== 'long_text' && column.type !== 'json') {
    return (
      <div>
        <label htmlFor={id}>{label}</label>
        <TypedInput
          id={id}
          column={column}
          value={value}
          disabled={disabled}
          onEnd={(v) => !sameValue(v, value) && onSave(v)}
        />
      </div>
    );
  }
  return (
    <label className="block">
      {label}
      <LinesField column={column} value={value} disabled={disabled} onSave={onSave} />
    </label>
  );
}

function LinesField({
  column,
  value,
  disabled,
  onSave,
}: {
  column: Column;
  value: CellValue;
  disabled: boolean;
  onSave: (v: CellValue) => void;
}) {
  const start = column.type === 'json' && value !== null ? JSON.stringify(value, null, 2) : plainText(value);
  const [text, setText] = useState(start);
  const commit = (): void => {
    if (text === start) return;
    const parsed = parseValue(column, text);
    if (parsed.ok) onSave(parsed.value);
    else {
      toast.error(`${column.name}: ${parsed.reason}`);
      setText(start);
    }
  };
  return (
    <>
      <Textarea
        value={text}
        disabled={disabled}
        rows={4}
        className={column.type === 'json' ? 'font-mono !text-sm' : ''}
        onBlur={commit}
        onChange={(e) => setText(e.target.value)}
      />
      <ShownBelow text={text} />
    </>
  );
}
