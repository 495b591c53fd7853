import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ArrowLeft, ListX } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useProviderName } from '@/api/providers';
import { tablesQuery } from '@/api/tables';
import type { Job, JobRecord } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { AttemptList } from '@/components/attempt-list';
import { Failure } from '@/components/failure';
import { Button } from '@/components/button';
import { Select } from '@/components/field';
import { Card, Page } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { plainText } from '@/grid/values';
import { count, credits, dateTime, sentence } from '@/lib/format';
import { isOpen, jobQuery, records, stories } from './api/jobs';
import { JobActions, JobBadge, JobProgress } from './components/job-bits';

export function JobPage() {
  const ws = useWorkspaceId();
  const id = useParams()['jobId'] ?? '';
  const can = useCan(ws);
  const job = useQuery(jobQuery(ws, id));
  const tables = useQuery(tablesQuery(ws));
  const name = tables.data?.find((t) => t.id === job.data?.table_id)?.name ?? 'Inline records';
  return (
    <Page
      wide
      title={job.data ? name : 'Run'}
      text={job.data ? began(job.data) : undefined}
      actions={job.data && can('enrichments.run') && <JobActions workspaceId={ws} job={job.data} />}
    >
      <Link to={`/w/${ws}/jobs`} className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink">
        <ArrowLeft size={14} /> All jobs
      </Link>
      {job.isPending && <SkeletonRows rows={4} />}
      {job.isError && <Notice tone="danger">{messageOf(job.error)}</Notice>}
      {job.data && <Summary job={job.data} ws={ws} />}
      {job.data && <Records ws={ws} job={job.data} />}
    </Page>
  );
}

function began(job: Job): string {
  const at = dateTime(job.started_at ?? job.created_at);
  return job.auto_run ? `Started by itself ${at}: rows were added or their inputs changed` : `Started ${at}`;
}

function Summary({ job, ws }: { job: Job; ws: string }) {
  const { counts } = job;
  const facts: [string, string][] = [
    ['Found', count(counts.succeeded)],
    ['Not found', count(counts.not_found)],
    ['Failed', count(counts.failed)],
    ['Skipped', count(counts.skipped)],
    ['From cache', count(counts.cached)],
    ['Spent', credits(job.spent_mc)],
    ['Reserved', credits(job.reserved_mc)],
    ['Estimated', credits(job.estimate.likely_mc)],
  ];
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-3">
        <JobBadge job={job} />
        <div className="min-w-60 flex-1">
          <JobProgress job={job} />
        </div>
        {job.table_id && (
          <Link to={`/w/${ws}/tables/${job.table_id}`} className="font-medium text-primary-ink hover:underline">
            Open the table
          </Link>
        )}
      </div>
      {job.error && (
        <div className="mt-3">
          <Notice tone="danger">{job.error}</Notice>
        </div>
      )}
      <dl className="mt-4 grid grid-cols-2 gap-3 sm:grid-cols-4">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt className="text-sm text-ink-3">{label}</dt>
            <dd className="tnum text-lg font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** How a record ended, in words for people. */
const STATES: Record<string, string> = {
  '': 'All',
  value: 'Found',
  empty: 'Not found',
  error: 'Failed',
  skipped: 'Skipped',
};

function Records({ ws, job }: { ws: string; job: Job }) {
  const [state, setState] = useState('');
  const list = useInfiniteQuery({
    queryKey: ['job-records', ws, job.id, state],
    queryFn: ({ pageParam }) => records(ws, job.id, state, pageParam),
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
          value={state}
          onChange={(e) => setState(e.target.value)}
        >
          {Object.entries(STATES).map(([s, label]) => (
            <option key={s} value={s}>
              {label}
            </option>
          ))}
        </Select>
      }
    >
      {list.isPending && <SkeletonRows />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && found.length === 0 && <Empty icon={<ListX size={20} />} title="No records here" />}
      <ul>
        {found.map((r) => (
          <RecordRow key={`${r.row_id}/${r.column_id}`} ws={ws} job={job.id} record={r} />
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

function RecordRow({ ws, job, record }: { ws: string; job: string; record: JobRecord }) {
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
          <span className="max-w-[40%] truncate font-medium">{plainText(record.answer ?? null)}</span>
        </summary>
        <div className="px-4 pb-3">
          <AttemptList
            attempts={record.attempts ?? []}
            nameOf={nameOf}
            stories={{
              key: [ws, job, record.row_id, record.column_id],
              load: () => stories(ws, job, record),
            }}
          />
          {record.message && <Failure message={record.message} nameOf={nameOf} className="mt-2 text-danger-ink" />}
          {(record.attempts ?? []).length === 0 && <p className="text-ink-3">No provider was asked.</p>}
        </div>
      </details>
    </li>
  );
}
