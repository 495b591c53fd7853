import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { records, stories } from '@/api/jobs';
import { useProviderName } from '@/api/providers';
import type { CellValue, Column, HistoryEntry, Row, Table } from '@/api/types';
import { AttemptList } from '@/components/attempt-list';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge, Notice } from '@/components/states';
import { isReadOnly } from '@/grid/model';
import { formatValue, plainText } from '@/grid/values';
import { ago, creditsLabel, sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { editCells } from '../api/rows';
import { useRowHistory } from './row-history';
import { RowField } from './row-field';
import { ColumnIcon } from './type-icon';

/** All cells of a row, each with where its value comes from and, of enriched ones, what each provider said. */
export function RowCells({
  workspaceId: ws,
  table,
  row,
  canEdit,
}: {
  workspaceId: string;
  table: Table;
  row: Row;
  canEdit: boolean;
}) {
  const client = useQueryClient();
  const user = useSession((s) => s.user?.id ?? '');
  const history = useRowHistory({ workspaceId: ws, table, rowId: row.id, version: row.version });
  const entries = history.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  const save = useMutation({
    mutationFn: async ({ column, value }: { column: Column; value: CellValue }) => {
      const edit = { row_id: row.id, column_id: column.id, value };
      const how = { createOptions: false, key: crypto.randomUUID(), as: user, gesture: undefined };
      const { data } = await editCells(ws, table.id, [edit], how);
      const result = data?.results?.[0];
      if (result?.status === 'error') throw new Error(`${column.name}: ${result.error ?? 'the value was refused'}`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['row', ws, table.id, row.id] }),
    onError: (e) => toast.error(messageOf(e)),
    meta: { quiet: true },
  });
  return (
    <Card title="Cells" flush>
      <div>
        {table.columns.map((c) => (
          <div
            key={c.id}
            className="grid gap-1 border-b border-line px-4 py-3 last:border-0 sm:grid-cols-[1fr_220px] sm:gap-4"
          >
            {isReadOnly(c) ? (
              <Fixed column={c} value={row.cells[c.id] ?? null} />
            ) : (
              <RowField
                key={plainText(row.cells[c.id] ?? null)}
                column={c}
                value={row.cells[c.id] ?? null}
                disabled={!canEdit}
                onSave={(value) => save.mutate({ column: c, value })}
              />
            )}
            <Origin ws={ws} entry={entries.find((e) => e.column_id === c.id)} rowId={row.id} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Fixed({ column, value }: { column: Column; value: CellValue }) {
  return (
    <div>
      <span className="mb-1 flex items-center gap-1.5 text-sm font-medium text-ink-2">
        <span className="text-ink-3">
          <ColumnIcon column={column} />
        </span>
        <Shown text={column.name} />
      </span>
      <p className="break-words">{value === null ? '–' : <Shown text={formatValue(column, value)} lines />}</p>
    </div>
  );
}

/** Where a value comes from, beside it. */
function Origin({ ws, entry, rowId }: { ws: string; entry: HistoryEntry | undefined; rowId: string }) {
  const nameOf = useProviderName();
  const [open, setOpen] = useState(false);
  if (!entry) return <span />;
  const who = entry.provider ? nameOf(entry.provider) : (entry.actor.name ?? sentence(entry.actor.kind));
  const attempts = entry.attempts ?? [];
  return (
    <div className="min-w-0 text-sm text-ink-3 sm:pt-6">
      <p className="truncate">
        <Shown text={who} /> · {ago(entry.at)}
        {(entry.credits_mc ?? 0) > 0 && ` · ${creditsLabel(entry.credits_mc ?? 0)}`}
      </p>
      <p className="flex flex-wrap gap-1.5">
        {entry.state === 'empty' && <Badge>No result</Badge>}
        {entry.state === 'error' && <Badge tone="danger">Failed</Badge>}
        {entry.verified === false && <Badge tone="warning">Not verified</Badge>}
        {entry.verified === true && <Badge tone="success">Verified</Badge>}
        {entry.confidence !== undefined && <span>{Math.round(entry.confidence * 100)} % sure</span>}
      </p>
      {attempts.length > 0 && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="text-primary-ink hover:underline"
        >
          {open ? 'Hide attempts' : `${String(attempts.length)} ${attempts.length === 1 ? 'attempt' : 'attempts'}`}
        </button>
      )}
      {open && <Attempts ws={ws} entry={entry} rowId={rowId} />}
    </div>
  );
}

/** The attempts with their requests, which are read when they are looked at. */
function Attempts({ ws, entry, rowId }: { ws: string; entry: HistoryEntry; rowId: string }) {
  const nameOf = useProviderName();
  const run = entry.run_id;
  const found = useQuery({
    queryKey: ['job-records', ws, run, 'of', rowId],
    queryFn: async () => (await records(ws, run ?? '', { state: '', row: rowId }, undefined)).data ?? [],
    enabled: run !== undefined,
    retry: false,
  });
  const own = found.data?.find((r) => r.column_id === entry.column_id) ?? found.data?.[0];
  return (
    <div className="mt-1">
      {found.isError && <Notice tone="danger">{messageOf(found.error)}</Notice>}
      <AttemptList
        attempts={entry.attempts ?? []}
        nameOf={nameOf}
        exchanges={own?.exchanges}
        {...(run && own
          ? { stories: { key: [ws, run, rowId, own.column_id], load: () => stories(ws, run, own) } }
          : {})}
      />
    </div>
  );
}
