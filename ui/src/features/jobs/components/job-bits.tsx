import type { Job, JobState, Table } from '@/api/types';
import { Shown } from '@/components/shown';
import { Badge, Progress, type Tone } from '@/components/states';
import { count, sentence } from '@/lib/format';
import { columnsText, scopeText } from '@/lib/run-scope';

const tones: Record<JobState, Tone> = {
  pending: 'neutral',
  running: 'primary',
  paused: 'warning',
  completed: 'success',
  partially_completed: 'warning',
  failed: 'danger',
  cancelled: 'neutral',
};

export function JobBadge({ job }: { job: Job }) {
  return (
    <Badge tone={tones[job.state]}>
      {job.cancelling && job.state === 'running'
        ? 'Cancelling'
        : job.waiting_for && job.state !== 'completed'
          ? `Waiting for ${job.waiting_for}`
          : sentence(job.state)}
    </Badge>
  );
}

export function JobProgress({ job }: { job: Job }) {
  const { total, done, failed } = job.counts;
  const partly = job.state === 'partially_completed' || job.state === 'cancelled' || failed > 0;
  return (
    <div className="flex min-w-32 items-center gap-2">
      <Progress
        value={total ? done / total : job.state === 'completed' ? 1 : 0}
        label="Progress"
        tone={
          job.state === 'failed' ? 'danger' : partly ? 'warning' : job.state === 'completed' ? 'success' : 'primary'
        }
      />
      <span className="tnum shrink-0 text-sm whitespace-nowrap text-ink-2">
        {count(done)} / {count(total)}
      </span>
    </div>
  );
}

/** What a run is called: its columns and the rows that it is for. */
export function JobName({ job, table }: { job: Job; table: Table | undefined }) {
  const names = new Map((table?.columns ?? []).map((c) => [c.id, c.name]));
  const text = !job.table_id ? 'Inline records' : table ? columnsText(job, names) : 'Run';
  const scope = scopeText(job.over);
  return (
    <>
      <Shown text={text} />
      {scope && <span className="font-normal text-ink-3"> · {scope}</span>}
    </>
  );
}
