import { queryOptions } from '@tanstack/react-query';
import { api } from './client';
import type { Credential } from './types';
import { inWorkspace } from './use-workspace';

export const credentialsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['credentials', ws],
    queryFn: async () => await api.list<Credential>(`${inWorkspace(ws)}/credentials`),
  });
