import { queryOptions } from '@tanstack/react-query';
import { api, type Answer } from '@/api/client';
import type {
  CrmConnection,
  CrmField,
  CrmVendor,
  Sync,
  SyncConflict,
  SyncDefinition,
  SyncRecord,
  SyncRun,
} from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const WATCH_MS = 1_500;

export const vendorsQuery = queryOptions({
  queryKey: ['crm-vendors'],
  queryFn: () => api.list<CrmVendor>('/integrations'),
});
export const connectionsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['crm-connections', ws],
    queryFn: () => api.list<CrmConnection>(`${inWorkspace(ws)}/integrations`),
  });
export const syncsQuery = (ws: string) =>
  queryOptions({ queryKey: ['syncs', ws], queryFn: () => api.list<Sync>(`${inWorkspace(ws)}/syncs`) });
/** The last runs; a page of them is enough to see what goes on. */
export const runsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['sync-runs', ws],
    queryFn: async () => (await api.get<SyncRun[] | null>(`${inWorkspace(ws)}/sync-runs`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some((r) => r.state === 'running') ? WATCH_MS : false),
  });
export const runQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['sync-run', ws, id],
    queryFn: async () => (await api.get<SyncRun>(`${inWorkspace(ws)}/sync-runs/${id}`)).data,
    refetchInterval: (q) => (q.state.data?.state === 'running' ? WATCH_MS : false),
  });
export const fieldsQuery = (ws: string, connection: string, object: string) =>
  queryOptions({
    queryKey: ['crm-fields', ws, connection, object],
    queryFn: () =>
      api.list<CrmField>(`${inWorkspace(ws)}/integrations/${connection}/fields?object=${encodeURIComponent(object)}`),
    staleTime: 60_000,
    retry: false,
  });

/** Asks for the page of the CRM where the access is allowed. */
export async function connect(
  ws: string,
  slug: string,
  how: { connection_id?: string; instance?: string },
): Promise<string> {
  return (await api.post<{ url: string }>(`${inWorkspace(ws)}/integrations/${slug}/connect`, how)).data.url;
}
export async function disconnect(ws: string, id: string): Promise<{ revoked: boolean; reason?: string }> {
  return (await api.delete<{ revoked: boolean; reason?: string }>(`${inWorkspace(ws)}/integrations/${id}`)).data;
}

export interface Target {
  connection_id: string;
  object: string;
  table_id: string;
}
export async function suggestSync(ws: string, target: Target): Promise<SyncDefinition> {
  return (await api.post<SyncDefinition>(`${inWorkspace(ws)}/sync-suggestion`, target)).data;
}
/** What a push would do with the first rows. Nothing is written. */
export async function previewSync(ws: string, body: SyncDefinition): Promise<SyncRecord[]> {
  return (await api.post<SyncRecord[] | null>(`${inWorkspace(ws)}/sync-preview`, body)).data ?? [];
}
export async function saveSync(ws: string, body: SyncDefinition, id?: string): Promise<Sync> {
  const path = `${inWorkspace(ws)}/syncs`;
  return (id ? await api.put<Sync>(`${path}/${id}`, body) : await api.post<Sync>(path, body)).data;
}
export async function deleteSync(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/syncs/${id}`);
}
export async function runSync(ws: string, id: string, direction: 'push' | 'pull', dry: boolean): Promise<string> {
  return (await api.post<{ id: string }>(`${inWorkspace(ws)}/syncs/${id}/run`, { direction, dry })).data.id;
}
/** Records that were changed on both sides and wait for a decision. */
export function conflicts(ws: string, sync: string, cursor?: string): Promise<Answer<SyncConflict[] | null>> {
  return api.get<SyncConflict[] | null>(`${inWorkspace(ws)}/syncs/${sync}/conflicts`, { query: { cursor } });
}
/** Lets one side's values hold, for the records that are named or for all. Answers the run that does it. */
export async function resolveConflicts(
  ws: string,
  sync: string,
  take: 'ours' | 'theirs',
  records?: string[],
): Promise<string> {
  const body = { take, ...(records ? { records } : {}) };
  return (await api.post<{ id: string }>(`${inWorkspace(ws)}/syncs/${sync}/conflicts/resolve`, body)).data.id;
}
export async function cancelRun(ws: string, id: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/sync-runs/${id}/cancel`, {});
}
export async function reverseRun(ws: string, id: string, dry: boolean, archive: boolean): Promise<string> {
  const body = { dry, archive_created: archive };
  return (await api.post<{ id: string }>(`${inWorkspace(ws)}/sync-runs/${id}/reverse`, body)).data.id;
}
export function records(ws: string, id: string, state: string, cursor?: string): Promise<Answer<SyncRecord[] | null>> {
  return api.get<SyncRecord[] | null>(`${inWorkspace(ws)}/sync-runs/${id}/records`, {
    query: { state: state || undefined, cursor },
  });
}
