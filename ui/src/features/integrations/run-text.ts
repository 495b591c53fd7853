import type { SyncRecord, SyncRun } from '@/api/types';
import type { Tone } from '@/components/states';
import { count, plural } from '@/lib/format';

export const runTones: Record<SyncRun['state'], Tone> = {
  running: 'primary',
  completed: 'success',
  partially_completed: 'warning',
  failed: 'danger',
  cancelled: 'neutral',
};

export const recordTones: Record<SyncRecord['state'], Tone> = {
  planned: 'primary',
  synced: 'success',
  unchanged: 'neutral',
  skipped: 'neutral',
  failed: 'danger',
  conflict: 'warning',
  unknown: 'warning',
  gone: 'warning',
};

export const recordStates: Record<SyncRecord['state'], string> = {
  planned: 'Planned',
  synced: 'Written',
  unchanged: 'Same already',
  skipped: 'Skipped',
  failed: 'Failed',
  conflict: 'Conflict',
  unknown: 'Not known',
  gone: 'Deleted in the CRM',
};

/** "Push", "Dry run", "Pull", "Dry run of a pull", "Reversal", "Dry run of a reversal". */
export function kindOf(run: SyncRun): string {
  if (run.kind === 'reverse') return run.dry ? 'Dry run of a reversal' : 'Reversal';
  if (run.kind === 'pull') return run.dry ? 'Dry run of a pull' : 'Pull';
  return run.dry ? 'Dry run' : 'Push';
}

/** How many records a run has gone through. */
export function gone(run: SyncRun): number {
  const c = run.counts;
  return (
    c.created + c.updated + c.archived + c.unchanged + c.skipped + c.failed + c.conflicts + c.unknown + (c.gone ?? 0)
  );
}

/** "3 created, 12 updated": what was done, or would be. */
export function summary(run: SyncRun): string {
  const c = run.counts;
  const parts: [number, string][] = [
    [c.created, run.dry ? 'to create' : 'created'],
    [c.updated, run.dry ? 'to update' : 'updated'],
    [c.archived, run.dry ? 'to archive' : 'archived'],
    [c.unchanged, 'same already'],
    [c.skipped, 'skipped'],
    [c.conflicts, c.conflicts === 1 ? 'conflict' : 'conflicts'],
    [c.failed, 'failed'],
    [c.unknown, 'not known'],
    [c.gone ?? 0, 'deleted in the CRM'],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, text]) => `${count(n)} ${text}`);
  return said.length > 0 ? said.join(', ') : plural(gone(run), 'record');
}
