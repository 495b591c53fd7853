import { api } from '@/api/client';
import type { Workspace } from '@/api/types';

export async function createWorkspace(name: string): Promise<Workspace> {
  return (await api.post<Workspace>('/workspaces', { name })).data;
}
