import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pause, Play, RotateCcw, Square } from 'lucide-react';
import type { Job, JobState } from '@/api/types';
import { Button } from '@/components/button';
import { Badge, Progress, type Tone } from '@/components/states';
import { count, sentence } from '@/lib/format';
import { actOnJob, type JobAction } from '../api/jobs';

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
  const { total, done } = job.counts;
  return (
    <div className="flex min-w-32 items-center gap-2">
      <Progress
        value={total ? done / total : job.state === 'completed' ? 1 : 0}
        label="Progress"
        tone={job.state === 'failed' ? 'danger' : job.state === 'completed' ? 'success' : 'primary'}
      />
      <span className="tnum shrink-0 text-sm whitespace-nowrap text-ink-2">
        {count(done)} / {count(total)}
      </span>
    </div>
  );
}

const actions: Partial<Record<JobState, JobAction[]>> = {
  pending: ['cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  partially_completed: ['retry'],
  failed: ['retry'],
  cancelled: ['retry'],
};
const looks = {
  cancel: { label: 'Cancel', icon: <Square size={13} /> },
  pause: { label: 'Pause', icon: <Pause size={13} /> },
  resume: { label: 'Resume', icon: <Play size={13} /> },
  retry: { label: 'Retry failed', icon: <RotateCcw size={13} /> },
};

export function JobActions({ workspaceId, job }: { workspaceId: string; job: Job }) {
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (a: JobAction) => actOnJob(workspaceId, job.id, a),
    onSettled: () => client.invalidateQueries({ queryKey: ['jobs', workspaceId] }),
  });
  const possible = (actions[job.state] ?? []).filter((a) => a !== 'retry' || job.counts.failed > 0);
  return (
    <>
      {possible.map((a) => (
        <Button
          key={a}
          size="sm"
          icon={looks[a].icon}
          busy={act.isPending && act.variables === a}
          onClick={() => act.mutate(a)}
        >
          {looks[a].label}
        </Button>
      ))}
    </>
  );
}
