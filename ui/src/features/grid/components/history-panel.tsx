import { useInfiniteQuery } from '@tanstack/react-query';
import { History as HistoryIcon, RotateCcw } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useProviderName } from '@/api/providers';
import type { Column, HistoryEntry, Table } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { Button, IconButton } from '@/components/button';
import { Drawer } from '@/components/drawer';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { isReadOnly, sameValue } from '@/grid/model';
import { formatValue } from '@/grid/values';
import { partsOfError } from '@/lib/cell-error';
import { ago, creditsLabel, dateTime, milliseconds, sentence } from '@/lib/format';
import { cellHistory } from '../api/rows';
import type { GridPage } from '../use-grid-page';

export interface HistoryProps {
  workspaceId: string;
  table: Table;
  page: GridPage;
  rowId: string;
  columnId: string | null;
  onClose: () => void;
}

/** Every value that a cell or a row has had: who, when, through what, at what cost. */
export function HistoryPanel({ workspaceId: ws, table, page, rowId, columnId, onClose }: HistoryProps) {
  const column = table.columns.find((c) => c.id === columnId);
  const can = useCan(ws);
  const version = page.grid?.cache.get(rowId)?.version ?? 0;
  const history = useInfiniteQuery({
    queryKey: ['history', ws, table.id, rowId, columnId, version],
    queryFn: ({ pageParam }) => cellHistory(ws, table.id, rowId, columnId, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    placeholderData: (before) => before,
  });
  const entries = history.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Drawer title={column ? `History of ${column.name}` : 'History of the row'} onClose={onClose}>
      {history.isPending && <SkeletonRows />}
      {history.isError && (
        <div className="p-3">
          <Notice tone="danger">{messageOf(history.error)}</Notice>
        </div>
      )}
      {history.isSuccess && entries.length === 0 && <Empty icon={<HistoryIcon size={20} />} title="No changes yet" />}
      <ol className="flex flex-col">
        {entries.map((e, i) => {
          const of = table.columns.find((c) => c.id === e.column_id);
          const restore =
            of && i > 0 && columnId && can('rows.edit') && !isReadOnly(of)
              ? () => page.grid?.edit([{ rowId, columnId: of.id, value: e.value }])
              : null;
          return (
            <Entry
              key={`${String(e.position)}/${e.column_id ?? ''}`}
              entry={e}
              column={of}
              showColumn={!columnId}
              onRestore={restore}
            />
          );
        })}
      </ol>
      {history.hasNextPage && (
        <div className="p-3 text-center">
          <Button size="sm" busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Show earlier changes
          </Button>
        </div>
      )}
    </Drawer>
  );
}

/** One change of a cell or a row: who, when, through what, from what to what. */
export function Entry({
  entry,
  column,
  showColumn,
  onRestore,
}: {
  entry: HistoryEntry;
  column: Column | undefined;
  showColumn: boolean;
  onRestore: (() => void) | null;
}) {
  const nameOf = useProviderName();
  const who = entry.provider ? nameOf(entry.provider) : (entry.actor.name ?? sentence(entry.actor.kind));
  const error = entry.message ? partsOfError(entry.message) : null;
  const show = (v: HistoryEntry['value']): string => (column ? formatValue(column, v) : JSON.stringify(v));
  return (
    <li className="group flex gap-2.5 border-b border-line px-3 py-2.5">
      <Avatar name={who} size={22} />
      <div className="min-w-0 flex-1">
        <p className="flex items-center gap-2">
          <span className="truncate font-medium">
            <Shown text={who} />
          </span>
          <Badge>{sentence(entry.source)}</Badge>
          <time dateTime={entry.at} title={dateTime(entry.at)} className="ml-auto shrink-0 text-sm text-ink-3">
            {ago(entry.at)}
          </time>
        </p>
        {showColumn && (
          <p className="text-sm text-ink-3">
            <Shown text={entry.column_id ? (column?.name ?? 'A deleted column') : 'The whole row'} />
          </p>
        )}
        <p className="mt-0.5 line-clamp-3 break-words whitespace-pre-line">
          {entry.value === null ? (
            <em className="text-ink-3">
              {error ? (
                <>
                  {error.provider && error.provider !== entry.provider && `${nameOf(error.provider)} · `}
                  {error.text}
                </>
              ) : entry.state ? (
                sentence(entry.state)
              ) : (
                'empty'
              )}
            </em>
          ) : (
            <Shown text={show(entry.value)} lines />
          )}
        </p>
        {entry.previous !== null && !sameValue(entry.previous, entry.value) && (
          <p className="line-clamp-2 text-sm break-words whitespace-pre-line text-ink-3 line-through">
            <Shown text={show(entry.previous)} lines />
          </p>
        )}
        {entry.provider && (
          <p className="mt-1 flex flex-wrap gap-x-3 text-sm text-ink-3">
            {entry.credits_mc !== undefined && (
              <span>{entry.credits_mc === 0 ? 'Free' : creditsLabel(entry.credits_mc)}</span>
            )}
            {entry.latency_ms !== undefined && <span>{milliseconds(entry.latency_ms)}</span>}
            {entry.confidence !== undefined && <span>{Math.round(entry.confidence * 100)} % sure</span>}
            {entry.verified === false && <span className="text-warning-ink">not verified</span>}
          </p>
        )}
      </div>
      {onRestore && (
        <IconButton
          label="Restore this value"
          size="sm"
          className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
          onClick={onRestore}
        >
          <RotateCcw size={14} />
        </IconButton>
      )}
    </li>
  );
}
