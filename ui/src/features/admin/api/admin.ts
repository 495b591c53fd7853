import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { BackupStatus, DeadLetter, OperationJob, Projection } from '@/api/types';

const EVERY_MS = 4000;
const KEPT = 40;

/** The read models as they are, and how far behind each has been at the last looks. */
export interface Looks {
  list: Projection[];
  lags: Record<string, number[]>;
}

export const keyOf = (p: { kind: string; name: string }): string => `${p.kind}/${p.name}`;

export const projectionsQuery = queryOptions<Looks>({
  queryKey: ['admin', 'projections'],
  refetchInterval: EVERY_MS,
  queryFn: async ({ client }) => {
    const list = (await api.get<Projection[] | null>('/admin/projections')).data ?? [];
    const before = client.getQueryData<Looks>(['admin', 'projections'])?.lags ?? {};
    const lags = Object.fromEntries(
      list.map((p) => [keyOf(p), [...(before[keyOf(p)] ?? []), p.lag].slice(-KEPT)] as const),
    );
    return { list, lags };
  },
});
export const jobsQuery = queryOptions({
  queryKey: ['admin', 'jobs'],
  refetchInterval: EVERY_MS,
  queryFn: async () => (await api.get<OperationJob[] | null>('/admin/jobs')).data ?? [],
});
export const backupsQuery = queryOptions({
  queryKey: ['admin', 'backups'],
  refetchInterval: EVERY_MS,
  queryFn: async () => (await api.get<BackupStatus>('/admin/backups')).data,
});
export const lettersQuery = queryOptions({
  queryKey: ['admin', 'dead-letters'],
  refetchInterval: EVERY_MS,
  queryFn: async () => (await api.get<DeadLetter[] | null>('/admin/dead-letters')).data ?? [],
});

export async function startJob(projection: string, kind: 'rebuild' | 'verify'): Promise<void> {
  await api.post(`/admin/projections/${encodeURIComponent(projection)}/${kind}`);
}
export async function startBackup(): Promise<void> {
  await api.post('/admin/backups');
}
export async function startDrill(backup: string): Promise<void> {
  await api.post(`/admin/backups/${encodeURIComponent(backup)}/drill`);
}
function path(l: DeadLetter): string {
  return `/admin/dead-letters/${l.kind}/${encodeURIComponent(l.unit)}/${encodeURIComponent(l.stream)}`;
}
export async function retryLetter(l: DeadLetter): Promise<void> {
  await api.post(`${path(l)}/retry`);
}
export async function skipLetter(l: DeadLetter, reason: string): Promise<void> {
  await api.post(`${path(l)}/skip`, { reason });
}
