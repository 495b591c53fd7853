import { queryOptions } from '@tanstack/react-query';
import { api } from './client';
import type { Member } from './types';
import { inWorkspace } from './use-workspace';

export const membersQuery = (ws: string) =>
  queryOptions({ queryKey: ['members', ws], queryFn: () => api.list<Member>(`${inWorkspace(ws)}/members`) });
