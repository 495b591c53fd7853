import { queryOptions } from '@tanstack/react-query';
import { api, type Answer } from '@/api/client';
import type { Job, JobAction, JobFigures, JobRecord, JobState, StoryStep } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const open: readonly JobState[] = ['pending', 'running'];
export const isOpen = (job: Job): boolean => open.includes(job.state);

const WATCH_MS = 2_000;
const IDLE_MS = 10_000;

export const jobsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['jobs', ws],
    queryFn: async () => (await api.get<Job[] | null>(`${inWorkspace(ws)}/enrichment-jobs`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some(isOpen) ? WATCH_MS : IDLE_MS),
  });
export const jobQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['jobs', ws, id],
    queryFn: async () => (await api.get<Job>(`${inWorkspace(ws)}/enrichment-jobs/${id}`)).data,
    refetchInterval: (q) => (q.state.data && isOpen(q.state.data) ? WATCH_MS : false),
  });
/** The runs of a table that were started last. */
export const tableJobsQuery = (ws: string, table: string) =>
  queryOptions({
    queryKey: ['jobs', ws, 'of', table],
    queryFn: async () => {
      const query = { table, limit: 20 };
      return (await api.get<Job[] | null>(`${inWorkspace(ws)}/enrichment-jobs`, { query })).data ?? [];
    },
    refetchInterval: (q) => (q.state.data?.some(isOpen) ? WATCH_MS : IDLE_MS),
  });
/** What the providers did in a run, and why records failed. */
export const figuresQuery = (ws: string, job: Job) =>
  queryOptions({
    queryKey: ['jobs', ws, job.id, 'figures', job.counts.done],
    queryFn: async () => (await api.get<JobFigures>(`${inWorkspace(ws)}/enrichment-jobs/${job.id}/figures`)).data,
    placeholderData: (before) => before,
  });
export interface RecordFilter {
  state: string;
  message?: string | undefined;
  row?: string | undefined;
}
export function records(
  ws: string,
  id: string,
  { state, message, row }: RecordFilter,
  cursor: string | undefined,
): Promise<Answer<JobRecord[] | null>> {
  return api.get<JobRecord[] | null>(`${inWorkspace(ws)}/enrichment-jobs/${id}/records`, {
    query: { state, message, row, cursor, limit: 50 },
  });
}
/** How the attempts for a record worked their answers out. */
export async function stories(ws: string, job: string, record: JobRecord) {
  const at = `${inWorkspace(ws)}/enrichment-jobs/${job}/records/${record.row_id}/${record.column_id}/stories`;
  return (await api.get<{ attempt: number; steps: StoryStep[] }[] | null>(at)).data ?? [];
}
export async function actOnJob(ws: string, id: string, action: JobAction): Promise<void> {
  await api.post(`${inWorkspace(ws)}/enrichment-jobs/${id}/${action}`, {});
}
/** Asks again for the records of an ended run that failed with the message. */
export async function retryFailures(ws: string, id: string, message: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/enrichment-jobs/${id}/retry`, { message });
}
