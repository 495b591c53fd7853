import { useMutation } from '@tanstack/react-query';
import { Pause, Play, RotateCcw, Square } from 'lucide-react';
import type { Job, JobAction, JobState } from '@/api/types';
import { Button } from './button';

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

/** What can be done with a run where it stands. */
export function JobActions({ job, onAct }: { job: Job; onAct: (action: JobAction) => Promise<void> }) {
  const act = useMutation({ mutationFn: onAct });
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
