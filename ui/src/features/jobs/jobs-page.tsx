import { useQuery } from '@tanstack/react-query';
import { Activity } from 'lucide-react';
import { Link } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { useJobActions } from '@/api/use-job-actions';
import { JobActions } from '@/components/job-actions';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { tableQuery, tablesQuery } from '@/api/tables';
import type { Job } from '@/api/types';
import { ago, count, credits } from '@/lib/format';
import { jobsQuery } from '@/api/jobs';
import { ExportList } from './components/export-list';
import { JobBadge, JobName, JobProgress } from './components/job-bits';

export function JobsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const act = useJobActions(ws);
  const jobs = useQuery(jobsQuery(ws));
  const tables = useQuery(tablesQuery(ws));
  return (
    <Page
      wide
      title="Jobs"
      text="Runs of enrichment columns, with their progress and what they have cost, and exported files."
    >
      <ExportList ws={ws} />
      <Card flush>
        {jobs.isPending && <SkeletonRows />}
        {jobs.isError && <Notice tone="danger">{messageOf(jobs.error)}</Notice>}
        {jobs.data?.length === 0 && (
          <Empty
            icon={<Activity size={20} />}
            title="No runs yet"
            text="Add an enrichment column to a table and run it; you see the cost before anything is spent."
            action={
              <Link
                to={`/w/${ws}/tables`}
                className="inline-flex h-8 items-center rounded-md bg-primary px-3 font-medium text-on-primary hover:bg-primary-hover"
              >
                Open a table
              </Link>
            }
          />
        )}
        {jobs.data && jobs.data.length > 0 && (
          <DataTable
            head={[
              'Run',
              'State',
              'Progress',
              { text: 'Found', numeric: true, wide: true },
              { text: 'Failed', numeric: true, wide: true },
              { text: 'Spent', numeric: true, wide: true },
              '',
            ]}
            label="Jobs"
          >
            {jobs.data.map((job) => (
              <tr key={job.id} className="hover:bg-hover">
                <Td className="min-w-28 sm:max-w-[260px]">
                  <Link to={job.id} className="font-medium hover:text-primary-ink">
                    <span className="block truncate">
                      <NameOfJob ws={ws} job={job} />
                    </span>
                    <span className="block truncate text-sm font-normal text-ink-3">
                      {job.table_id &&
                        `${tables.data?.find((t) => t.id === job.table_id)?.name ?? 'A deleted table'} · `}
                      {ago(job.created_at)}
                      {job.auto_run && ' · auto-run'}
                    </span>
                  </Link>
                </Td>
                <Td>
                  <JobBadge job={job} />
                </Td>
                <Td className="w-56">
                  <JobProgress job={job} />
                </Td>
                <Td numeric>{count(job.counts.succeeded)}</Td>
                <Td numeric>{count(job.counts.failed)}</Td>
                <Td numeric className="whitespace-nowrap">
                  {credits(job.spent_mc)}
                </Td>
                <Td>
                  <div className="flex justify-end gap-1.5">
                    {can('enrichments.run') && <JobActions job={job} onAct={act(job)} />}
                  </div>
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
    </Page>
  );
}

/** A table's jobs share one reading of its columns. */
function NameOfJob({ ws, job }: { ws: string; job: Job }) {
  const table = useQuery({ ...tableQuery(ws, job.table_id ?? ''), enabled: Boolean(job.table_id), retry: false });
  return <JobName job={job} table={table.data} />;
}
