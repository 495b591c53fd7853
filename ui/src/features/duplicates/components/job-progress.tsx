import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DuplicateJob } from '@/api/types-duplicates';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { cancelJob, duplicatesKey, type Place } from '../api/duplicates';

function doing(job: DuplicateJob): string {
  if (job.kind === 'merge') return `Merging: ${plural(job.groups, 'group')} so far.`;
  if (job.kind === 'unmerge') return `Taking rows apart: ${plural(job.groups, 'group')} so far.`;
  if (job.pairs > 0) return `Comparing: ${count(job.pairs)} pairs of ${plural(job.rows, 'row')} so far.`;
  return `Reading: ${plural(job.rows, 'row')} so far.`;
}

/** How far a job has come, and what it had to leave. */
export function JobProgress({ place, job }: { place: Place; job: DuplicateJob }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelJob(place, job.id),
    onSuccess: () => client.invalidateQueries({ queryKey: duplicatesKey(place) }),
    onError: (e) => toast.error(messageOf(e)),
  });
  if (job.state === 'running')
    return (
      <Notice
        tone="primary"
        action={
          <Button size="sm" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel
          </Button>
        }
      >
        <span role="status">{doing(job)}</span>
      </Notice>
    );
  if (job.state === 'failed') return <Notice tone="danger">{job.reason}</Notice>;
  const left = job.left ?? [];
  if (left.length > 0)
    return (
      <Notice tone="warning">
        {plural(job.left_count, 'group')} stayed as they are: {left[0]?.reason}.
      </Notice>
    );
  if (job.kind === 'scan' && job.told && job.told.capped_blocks > 0)
    return (
      <Notice>
        {plural(job.told.capped_blocks, 'set')} of rows share something that too many have,{' '}
        {count(job.told.capped_rows)} in the largest; there, only neighbours in order were compared. Another column to
        compare by may find more.
      </Notice>
    );
  return null;
}
