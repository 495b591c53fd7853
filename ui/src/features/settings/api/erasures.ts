import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Erasure, PersonSought } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const POLL_MS = 1500;
const path = (ws: string): string => `${inWorkspace(ws)}/erasures`;

export const underway = (e: Erasure): boolean => e.state === 'looking' || e.state === 'erasing';

/** Asked again while one is under way. */
export const erasuresQuery = (ws: string) =>
  queryOptions({
    queryKey: ['erasures', ws],
    queryFn: () => api.list<Erasure>(path(ws)),
    refetchInterval: (q) => (q.state.data?.some(underway) ? POLL_MS : false),
  });

export async function lookForPerson(ws: string, person: PersonSought): Promise<Erasure> {
  return (await api.post<Erasure>(path(ws), person)).data;
}
export async function confirmErasure(ws: string, id: string): Promise<void> {
  await api.post(`${path(ws)}/${id}/confirm`, {});
}
export async function cancelErasure(ws: string, id: string): Promise<void> {
  await api.post(`${path(ws)}/${id}/cancel`, {});
}
