import { useInfiniteQuery } from '@tanstack/react-query';
import { ListX } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { SyncRun } from '@/api/types';
import { Button } from '@/components/button';
import { Select } from '@/components/field';
import { Card } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { records } from '../api/integrations';
import { recordStates } from '../run-text';
import { RecordItem } from './record-item';

export interface RecordListProps {
  ws: string;
  run: SyncRun;
  labelOf: (field: string) => string;
}

/** The records of a run with both sides' values, by what became of them. */
export function RecordList({ ws, run, labelOf }: RecordListProps) {
  const [state, setState] = useState('');
  const list = useInfiniteQuery({
    queryKey: ['sync-records', ws, run.id, state],
    queryFn: ({ pageParam }) => records(ws, run.id, state, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    refetchInterval: run.state === 'running' ? 3_000 : false,
  });
  const found = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Card
      title="Records"
      flush
      actions={
        <Select
          aria-label="Show records that are"
          className="!w-40"
          value={state}
          onChange={(e) => setState(e.target.value)}
        >
          <option value="">All</option>
          {Object.entries(recordStates).map(([s, label]) => (
            <option key={s} value={s}>
              {label}
            </option>
          ))}
        </Select>
      }
    >
      {list.isPending && <SkeletonRows />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && found.length === 0 && !list.hasNextPage && (
        <Empty icon={<ListX size={20} />} title="No records here" />
      )}
      <ul>
        {found.map((r, i) => (
          <RecordItem
            key={`${r.row_id ?? ''}/${r.record_id ?? ''}/${String(i)}`}
            ws={ws}
            table={run.table_id}
            record={r}
            pull={run.kind === 'pull'}
            labelOf={labelOf}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
