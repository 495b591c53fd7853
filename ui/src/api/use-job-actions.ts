import { useQueryClient } from '@tanstack/react-query';
import { actOnJob } from './jobs';
import type { Job, JobAction } from './types';

/** Does something with a run, after which all lists of runs are read again. */
export function useJobActions(ws: string): (job: Job) => (action: JobAction) => Promise<void> {
  const client = useQueryClient();
  return (job) => async (action) => {
    try {
      await actOnJob(ws, job.id, action);
    } finally {
      await client.invalidateQueries({ queryKey: ['jobs', ws] });
    }
  };
}
