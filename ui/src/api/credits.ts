import { queryOptions } from '@tanstack/react-query';
import { api } from './client';
import type { CreditAccount } from './types';
import { inWorkspace } from './use-workspace';

export const creditsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['credits', ws],
    queryFn: async () => (await api.get<CreditAccount>(`${inWorkspace(ws)}/credits`)).data,
  });
