import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { isOpen, tableJobsQuery } from '@/api/jobs';
import { useCan } from '@/api/permissions';
import type { Job, Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { useJobActions } from '@/api/use-job-actions';
import { JobActions } from '@/components/job-actions';
import { Spinner } from '@/components/spinner';
import { count, creditsLabel } from '@/lib/format';
import { columnsText, notDone, scopeText } from '@/lib/run-scope';
import type { GridPage } from '../use-grid-page';
import { useViews } from '../view-state';

const isUnderWay = (job: Job): boolean => isOpen(job) || job.state === 'paused';

/** The run that is shown: the newest under way, or else the newest that has ended since the page came; it may have been too quick to be seen. */
function useShownJob(ws: string, table: Table): { job: Job | undefined; dismiss: () => void } {
  const { data } = useQuery(tableJobsQuery(ws, table.id));
  const [past, setPast] = useState<ReadonlySet<string> | null>(null);
  if (data && !past) setPast(new Set(data.filter((j) => !isUnderWay(j)).map((j) => j.id)));
  const job = data?.find(isUnderWay) ?? data?.find((j) => past !== null && !past.has(j.id));
  return { job, dismiss: () => setPast(new Set(data?.map((j) => j.id))) };
}

/** How far the table's run is, or what came of it, in the status bar; the header of its columns shows the same. */
export function RunStatus({ workspaceId: ws, table, page }: { workspaceId: string; table: Table; page: GridPage }) {
  const can = useCan(ws);
  const act = useJobActions(ws);
  const { job, dismiss } = useShownJob(ws, table);
  useHeaderProgress(page, job);
  useRefreshAtEnd(page, job);
  if (!job) return null;
  const names = new Map(table.columns.map((c) => [c.id, c.name]));
  const { done, total, failed } = job.counts;
  const scope = scopeText(job.over);
  return (
    <span role="status" aria-label="Run" className="flex min-w-0 items-center gap-2">
      {job.state === 'running' && <Spinner className="!size-3" />}
      <Link
        to={`/w/${ws}/jobs/${job.id}`}
        title={scope}
        className="tnum min-w-0 truncate font-medium text-ink hover:underline"
      >
        {columnsText(job, names)} ·{' '}
        <span className="font-normal">{isUnderWay(job) ? `${count(done)}/${count(total)}` : outcome(job)}</span>
      </Link>
      {failed > 0 && <FailedLink table={table} job={job} />}
      {job.spent_mc > 0 && <span className="tnum hidden sm:inline">{creditsLabel(job.spent_mc)}</span>}
      {job.state === 'paused' && <span className="text-warning-ink">Paused</span>}
      {isUnderWay(job) && can('enrichments.run') && (
        <span className="flex gap-1 [&_button]:!h-6">
          <JobActions job={job} onAct={act(job)} />
        </span>
      )}
      {!isUnderWay(job) && (
        <IconButton label="Hide the run" size="sm" className="!size-6" onClick={dismiss}>
          <X size={13} />
        </IconButton>
      )}
    </span>
  );
}

function outcome(job: Job): string {
  const { succeeded, not_found } = job.counts;
  const missed = notDone(job);
  const parts = [`${count(succeeded)} found`];
  if (not_found > 0) parts.push(`${count(not_found)} no result`);
  if (missed > 0) parts.push(`${count(missed)} not done`);
  return parts.join(' · ');
}

/** Shows the rows in which the run's columns have failed. */
function FailedLink({ table, job }: { table: Table; job: Job }) {
  const change = useViews((s) => s.change);
  const columns = (job.columns ?? []).filter((id) => table.columns.some((c) => c.id === id));
  return (
    <button
      type="button"
      title="Show the rows that failed"
      disabled={columns.length === 0}
      onClick={() =>
        change(table.id, { q: '', filter: { or: columns.map((column) => ({ column, op: 'state', value: 'error' })) } })
      }
      className="tnum font-medium text-danger-ink hover:underline"
    >
      {count(job.counts.failed)} failed
    </button>
  );
}

function useHeaderProgress(page: GridPage, job: Job | undefined): void {
  const { grid } = page;
  const share = job && isUnderWay(job) && job.counts.total > 0 ? job.counts.done / job.counts.total : null;
  const columns = (share === null ? [] : (job?.columns ?? [])).join(' ');
  useEffect(() => {
    if (!grid) return;
    grid.progress.set(new Map(columns ? columns.split(' ').map((id) => [id, share ?? 0]) : []));
    return () => grid.progress.set(new Map());
  }, [grid, columns, share]);
}

/** Cells come by the live stream; at the end the rows are read once more, for what a broken connection has missed. */
function useRefreshAtEnd(page: GridPage, job: Job | undefined): void {
  const { grid } = page;
  const before = useRef<{ id: string; open: boolean } | null>(null);
  const id = job?.id;
  const open = job ? isUnderWay(job) : false;
  useEffect(() => {
    if (before.current && before.current.id === id && before.current.open && !open) grid?.refreshSoon(false);
    before.current = id ? { id, open } : null;
  }, [grid, id, open]);
}
