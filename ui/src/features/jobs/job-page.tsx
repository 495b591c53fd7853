import { useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tableQuery, tablesQuery } from '@/api/tables';
import type { Job, Table } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { useJobActions } from '@/api/use-job-actions';
import { JobActions } from '@/components/job-actions';
import { Card, Page } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { jobQuery, type RecordFilter } from '@/api/jobs';
import { count, credits, dateTime, plural, seconds } from '@/lib/format';
import { capitalised, columnsText, notDone, scopeText, secondsLeft } from '@/lib/run-scope';
import { JobFigureCards } from './components/job-figures';
import { JobRecords } from './components/job-records';
import { JobBadge, JobProgress } from './components/job-bits';

export function JobPage() {
  const ws = useWorkspaceId();
  const id = useParams()['jobId'] ?? '';
  const can = useCan(ws);
  const act = useJobActions(ws);
  const job = useQuery(jobQuery(ws, id));
  const tables = useQuery(tablesQuery(ws));
  const table = tables.data?.find((t) => t.id === job.data?.table_id);
  const schema = useQuery({ ...tableQuery(ws, job.data?.table_id ?? ''), enabled: Boolean(job.data?.table_id) });
  const [filter, setFilter] = useState<RecordFilter>({ state: '' });
  return (
    <Page
      wide
      title={job.data ? titleOf(job.data, schema.data) : 'Run'}
      text={job.data ? began(job.data, table?.name) : undefined}
      actions={job.data && can('enrichments.run') && <JobActions job={job.data} onAct={act(job.data)} />}
    >
      <Link to={`/w/${ws}/jobs`} className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink">
        <ArrowLeft size={14} /> All jobs
      </Link>
      {job.isPending && <SkeletonRows rows={4} />}
      {job.isError && <Notice tone="danger">{messageOf(job.error)}</Notice>}
      {job.data && <Summary job={job.data} ws={ws} />}
      {job.data && (
        <JobFigureCards
          ws={ws}
          job={job.data}
          canRun={can('enrichments.run')}
          onShow={(message) => setFilter({ state: 'error', message })}
        />
      )}
      {job.data && <JobRecords ws={ws} job={job.data} table={schema.data} filter={filter} onFilter={setFilter} />}
    </Page>
  );
}

function titleOf(job: Job, table: Table | undefined): string {
  if (!job.table_id) return 'Inline records';
  return table ? columnsText(job, new Map(table.columns.map((c) => [c.id, c.name]))) : 'Run';
}

function began(job: Job, table: string | undefined): string {
  const at = dateTime(job.started_at ?? job.created_at);
  const how = job.auto_run ? `Started by itself ${at}: rows were added or their inputs changed` : `Started ${at}`;
  return [table, capitalised(scopeText(job.over)), how].filter(Boolean).join(' · ');
}

/** How long the run will take still, at the pace so far; looked at again each second. */
function useTimeLeft(job: Job): string | null {
  const [now, setNow] = useState(() => Date.now());
  const running = job.state === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  const left = secondsLeft(job, now);
  return left === null ? null : seconds(left);
}

function Summary({ job, ws }: { job: Job; ws: string }) {
  const { counts } = job;
  const left = useTimeLeft(job);
  const missed = notDone(job);
  const facts: [string, string][] = [
    ['Found', count(counts.succeeded)],
    ['No result', count(counts.not_found)],
    ['Failed', count(counts.failed)],
    ['Skipped', count(counts.skipped)],
    ['From cache', count(counts.cached)],
    ['Spent (credits)', credits(job.spent_mc)],
    ['Reserved (credits)', credits(job.reserved_mc)],
    ['Estimated (credits)', credits(job.estimate.likely_mc)],
  ];
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-3">
        <JobBadge job={job} />
        <div className="min-w-60 flex-1">
          <JobProgress job={job} />
        </div>
        {left !== null && <span className="tnum text-sm text-ink-3">About {left} left</span>}
        {job.table_id && (
          <Link to={`/w/${ws}/tables/${job.table_id}`} className="font-medium text-primary-ink hover:underline">
            Open the table
          </Link>
        )}
      </div>
      {missed > 0 && (
        <div className="mt-3">
          <Notice tone="warning">
            {plural(missed, 'record')} of {count(counts.total)} {missed === 1 ? 'was' : 'were'} not done: the run was
            stopped before. Run the column on rows without a value to go on.
          </Notice>
        </div>
      )}
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
