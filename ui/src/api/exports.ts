import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { ExportedFile } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const WATCH_MS = 2_000;
const IDLE_MS = 30_000;

/** Files that were made in the background, the newest first. */
export const exportsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['exports', ws],
    queryFn: async () => (await api.get<ExportedFile[] | null>(`${inWorkspace(ws)}/exports`)).data ?? [],
    refetchInterval: (q) => (q.state.data?.some((e) => e.state === 'running') ? WATCH_MS : IDLE_MS),
  });

/** Stops making a file, or throws it away. */
export async function cancelExport(ws: string, id: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/exports/${id}/cancel`, {});
}
