import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Erasure, PersonSought } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';
import { saveBlob } from '@/lib/download';

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
/** Everything that is held about the person, as one file. */
export async function downloadPerson(ws: string, id: string): Promise<void> {
  const response = await api.stream(`${path(ws)}/${id}/export`, { headers: { Accept: 'application/json' } });
  saveBlob(await response.blob(), `person-${id}.json`);
}
export function saveCertificate(e: Erasure): void {
  const text = JSON.stringify(e.certificate, null, 2);
  saveBlob(new Blob([text], { type: 'application/json' }), `certificate-${e.id}.json`);
}
