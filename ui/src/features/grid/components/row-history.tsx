import { useInfiniteQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { cellHistory } from '../api/rows';
import { Entry } from './history-panel';

export interface RowHistoryProps {
  workspaceId: string;
  table: Table;
  rowId: string;
  version: number;
}

/** The changes of a row, the newest first; one reading for the page's history and for where its cells come from. */
export function useRowHistory({ workspaceId, table, rowId, version }: RowHistoryProps) {
  return useInfiniteQuery({
    queryKey: ['history', workspaceId, table.id, rowId, null, version],
    queryFn: ({ pageParam }) => cellHistory(workspaceId, table.id, rowId, null, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    placeholderData: (before) => before,
  });
}

export function RowHistory(props: RowHistoryProps) {
  const history = useRowHistory(props);
  const entries = history.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Card title="History" flush>
      {history.isPending && <SkeletonRows />}
      {history.isError && <Notice tone="danger">{messageOf(history.error)}</Notice>}
      <ol>
        {entries.map((e) => (
          <Entry
            key={`${String(e.position)}/${e.column_id ?? ''}`}
            entry={e}
            column={props.table.columns.find((c) => c.id === e.column_id)}
            showColumn
            onRestore={null}
          />
        ))}
      </ol>
      {history.hasNextPage && (
        <div className="p-3 text-center">
          <Button size="sm" busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Show earlier changes
          </Button>
        </div>
      )}
    </Card>
  );
}
