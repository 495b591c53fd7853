import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pause, Play, RotateCcw, Square } from 'lucide-react';
import { actOnJob, type JobAction } from '@/api/jobs';
import type { Job, JobState } from '@/api/types';
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
