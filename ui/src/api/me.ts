import { useSession } from '@/lib/session';
import { api } from './client';
import type { Me } from './types';

/** Reads who is signed in and which workspaces they have; again after either has changed. */
export async function loadMe(): Promise<Me> {
  const { data } = await api.get<Me>('/auth/me');
  useSession.getState().begin(data.user, data.workspaces);
  return data;
}
