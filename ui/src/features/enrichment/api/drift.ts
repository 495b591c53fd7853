import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Drift } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

/** What has lately changed in the replies of the workspace's providers. */
export const driftQuery = (ws: string) =>
  queryOptions({
    queryKey: ['provider-drift', ws],
    queryFn: () => api.list<Drift>(`${inWorkspace(ws)}/provider-drift`),
    staleTime: 60_000,
  });
