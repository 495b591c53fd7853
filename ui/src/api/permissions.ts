import { useQuery } from '@tanstack/react-query';
import { useRole } from '@/lib/session';
import { api } from './client';
import type { PermissionRule } from './types';

/** Answers whether the signed-in member may do something in the workspace; no until the table of permissions is here. */
export function useCan(workspaceId: string): (action: string) => boolean {
  const role = useRole(workspaceId);
  const { data } = useQuery({
    queryKey: ['permissions'],
    queryFn: async () => (await api.get<PermissionRule[]>('/permissions')).data,
    staleTime: Infinity,
  });
  return (action) => role !== null && (data?.some((r) => r.action === action && r.roles.includes(role)) ?? false);
}
