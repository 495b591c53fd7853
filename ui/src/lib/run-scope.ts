import type { Job } from '@/api/types';
import { count, plural } from './format';

/** Which rows a run is for, in words. */
export function scopeText(over: Job['over']): string {
  if (!over) return '';
  if (over.recorded) return 'from recorded answers';
  const named = over.rows ? plural(over.rows, 'selected row') : '';
  const shown = over.filtered || over.search ? 'shown rows' : 'all rows';
  const rows = named || (over.scope === 'view' ? 'rows of a view' : shown);
  const state = over.scope === 'empty' ? ' without a value' : over.scope === 'failed' ? ' that failed' : '';
  const search = over.search ? ` with “${over.search}”` : '';
  const first = over.first ? `first ${count(over.first)} of ` : '';
  return over.scope === 'inline' ? 'records of a request' : `${first}${rows}${search}${state}`;
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What a run is called: its columns, by the names that they have now. */
export function columnsText(job: Job, names: ReadonlyMap<string, string>): string {
  const ids = job.columns ?? [];
  const known = ids.flatMap((id) => names.get(id) ?? []);
  return known.length > 0 ? known.join(', ') : plural(ids.length, 'deleted column');
}

/** How many cells a run that has ended did not get to. */
export function notDone(job: Job): number {
  const ended = job.state === 'cancelled' || job.state === 'failed';
  return ended ? Math.max(0, job.counts.total - job.counts.done) : 0;
}

/** Seconds until a run has ended at the pace that it has had so far; null while that can't be told. */
export function secondsLeft(job: Job, now: number): number | null {
  const { done, total } = job.counts;
  if (job.state !== 'running' || !job.started_at || done === 0 || total <= done) return null;
  const took = (now - Date.parse(job.started_at)) / 1000;
  return took > 0 ? Math.ceil((took / done) * (total - done)) : null;
}
