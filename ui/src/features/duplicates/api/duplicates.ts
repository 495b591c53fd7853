import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type {
  DuplicateGroup,
  DuplicateJob,
  DuplicateKey,
  MergedRows,
  MergePlan,
  MergePreview,
} from '@/api/types-duplicates';
import { inWorkspace } from '@/api/use-workspace';

const WATCH_MS = 1_000;

export interface Place {
  ws: string;
  table: string;
}
const at = ({ ws, table }: Place): string => `${inWorkspace(ws)}/tables/${table}`;

/** Everything of a table's duplicates begins with this. */
export const duplicatesKey = ({ ws, table }: Place) => ['duplicates', ws, table] as const;

export const jobsQuery = (p: Place) =>
  queryOptions({
    queryKey: [...duplicatesKey(p), 'jobs'],
    queryFn: async () => (await api.get<DuplicateJob[] | null>(`${at(p)}/duplicate-jobs?limit=20`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some((j) => j.state === 'running') ? WATCH_MS : false),
  });
export const jobQuery = (p: Place, id: string) =>
  queryOptions({
    queryKey: [...duplicatesKey(p), 'job', id],
    queryFn: async () => (await api.get<DuplicateJob>(`${at(p)}/duplicate-jobs/${id}`)).data,
    refetchInterval: (q) => (q.state.data?.state === 'running' ? WATCH_MS : false),
  });
export const groupsQuery = (p: Place, scan: string) =>
  infiniteQueryOptions({
    queryKey: [...duplicatesKey(p), 'groups', scan],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : '';
      const answer = await api.get<DuplicateGroup[] | null>(
        `${at(p)}/duplicate-jobs/${scan}/groups?state=open&limit=25${cursor}`,
      );
      return { groups: answer.data ?? [], next: answer.meta.next_cursor ?? '' };
    },
    getNextPageParam: (last) => last.next || null,
    staleTime: Infinity,
  });
export const mergedQuery = (p: Place) =>
  infiniteQueryOptions({
    queryKey: [...duplicatesKey(p), 'merged'],
    initialPageParam: '',
    queryFn: async ({ pageParam }) => {
      const cursor = pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : '';
      const answer = await api.get<MergedRows[] | null>(`${at(p)}/merged-rows?limit=25${cursor}`);
      return { merged: answer.data ?? [], next: answer.meta.next_cursor ?? '' };
    },
    getNextPageParam: (last) => last.next || null,
  });

export async function scan(p: Place, keys: DuplicateKey[], threshold: number): Promise<string> {
  return (await api.post<{ id: string }>(`${at(p)}/duplicate-scans`, { keys, threshold })).data.id;
}
export async function cancelJob(p: Place, id: string): Promise<void> {
  await api.post(`${at(p)}/duplicate-jobs/${id}/cancel`, {});
}
export async function decide(
  p: Place,
  job: string,
  group: number,
  decision: 'open' | 'skipped' | 'distinct',
): Promise<void> {
  await api.put(`${at(p)}/duplicate-jobs/${job}/groups/${group}/decision`, { decision });
}
export async function previewMerge(p: Place, plan: MergePlan): Promise<MergePreview> {
  return (await api.post<MergePreview>(`${at(p)}/merge-preview`, plan)).data;
}
export async function merge(p: Place, plan: MergePlan): Promise<string> {
  return (await api.post<{ id: string }>(`${at(p)}/merges`, plan)).data.id;
}
export async function unmerge(p: Place, mergeId: string, groups: number[]): Promise<string> {
  return (await api.post<{ id: string }>(`${at(p)}/unmerges`, { merge_id: mergeId, groups })).data.id;
}

/** Waits for a job's end. */
export async function ended(p: Place, id: string): Promise<DuplicateJob> {
  for (;;) {
    const job = (await api.get<DuplicateJob>(`${at(p)}/duplicate-jobs/${id}`)).data;
    if (job.state !== 'running') return job;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS / 4));
  }
}
