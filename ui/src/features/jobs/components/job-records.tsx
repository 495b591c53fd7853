import { useInfiniteQuery } from '@tanstack/react-query';
import { ListX } from 'lucide-react';
import { Link } from 'react-router';
import { messageOf } from '@/api/errors';
import { isOpen, records, stories, type RecordFilter } from '@/api/jobs';
import { useProviderName } from '@/api/providers';
import type { Job, JobRecord, Table } from '@/api/types';
import { AttemptList } from '@/components/attempt-list';
import { Button } from '@/components/button';
import { Failure } from '@/components/failure';
import { Select } from '@/components/field';
import { Card } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { plainText } from '@/grid/values';
import { sentence } from '@/lib/format';

/** How a record ended, in words for people. */
const STATES: Record<string, string> = {
  '': 'All',
  value: 'Found',
  empty: 'No result',
  error: 'Failed',
  skipped: 'Skipped',
};

/** What became of the records of a run, with every attempt. */
export function JobRecords({
  ws,
  job,
  table,
  filter,
  onFilter,
}: {
  ws: string;
  job: Job;
  table: Table | undefined;
  filter: RecordFilter;
  onFilter: (filter: RecordFilter) => void;
}) {
  const nameOf = useProviderName();
  const list = useInfiniteQuery({
    queryKey: ['job-records', ws, job.id, filter],
    queryFn: ({ pageParam }) => records(ws, job.id, filter, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    refetchInterval: isOpen(job) ? 3_000 : false,
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
          value={filter.state}
          onChange={(e) => onFilter({ state: e.target.value })}
        >
          {Object.entries(STATES).map(([s, label]) => (
            <option key={s} value={s}>
              {label}
            </option>
          ))}
        </Select>
      }
    >
      {filter.message !== undefined && (
        <div className="flex items-center gap-2 border-b border-line px-4 py-2 text-sm">
          <span className="shrink-0 text-ink-3">Failed with</span>
          <Failure message={filter.message} nameOf={nameOf} className="min-w-0 flex-1 truncate" />
          <Button size="sm" variant="ghost" onClick={() => onFilter({ state: 'error' })}>
            Show all failed
          </Button>
        </div>
      )}
      {list.isPending && <SkeletonRows />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && found.length === 0 && <Empty icon={<ListX size={20} />} title="No records here" />}
      <ul>
        {found.map((r) => (
          <RecordRow key={`${r.row_id}/${r.column_id}`} record={r} ws={ws} job={job.id} table={table} />
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

function RecordRow({
  record,
  ws,
  job,
  table,
}: {
  record: JobRecord;
  ws: string;
  job: string;
  table: Table | undefined;
}) {
  const nameOf = useProviderName();
  const tone = record.state === 'value' ? 'success' : record.state === 'error' ? 'danger' : 'neutral';
  const input = Object.entries(record.input ?? {})
    .map(([k, v]) => `${k}: ${plainText(v)}`)
    .join(' · ');
  return (
    <li className="border-b border-line last:border-0">
      <details>
        <summary className="flex cursor-pointer items-center gap-3 px-4 py-2.5 hover:bg-hover">
          <Badge tone={tone}>{STATES[record.state] ?? sentence(record.state)}</Badge>
          {record.cached && <Badge>From cache</Badge>}
          <span className="min-w-0 flex-1 truncate text-ink-2">{input || record.row_id}</span>
          <span className={`max-w-[40%] truncate ${record.state === 'empty' ? 'text-ink-3' : 'font-medium'}`}>
            {record.state === 'empty' ? 'No result' : plainText(record.answer ?? null)}
          </span>
        </summary>
        <div className="px-4 pb-3">
          <AttemptList
            attempts={record.attempts ?? []}
            nameOf={nameOf}
            exchanges={record.exchanges}
            stories={{
              key: [ws, job, record.row_id, record.column_id],
              load: () => stories(ws, job, record),
            }}
          />
          {record.message && <Failure message={record.message} nameOf={nameOf} className="mt-2 text-danger-ink" />}
          {(record.attempts ?? []).length === 0 && <p className="text-ink-3">No provider was asked.</p>}
          {table && (
            <Link
              to={`/w/${ws}/tables/${table.id}/rows/${record.row_id}`}
              className="mt-2 inline-block text-sm text-primary-ink hover:underline"
            >
              Open the row
            </Link>
          )}
        </div>
      </details>
    </li>
  );
}
