import { queryOptions } from '@tanstack/react-query';
import { api } from './client';
import type { Credential, Provider } from './types';
import { inWorkspace } from './use-workspace';

export const credentialsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['credentials', ws],
    queryFn: async () => await api.list<Credential>(`${inWorkspace(ws)}/credentials`),
  });

/** What a provider's credentials are stored under: its vendor's kind, or its own name. */
export function credentialKind(provider: Provider): string {
  return provider.credential?.kind ?? provider.slug;
}
export function fitsProvider(credential: Credential, provider: Provider): boolean {
  return credential.provider === credentialKind(provider);
}
/** Opens the secret and, where that is free, asks its vendor whether it takes it. */
export async function testCredential(ws: string, id: string): Promise<{ ok: boolean; message: string }> {
  return (await api.post<{ ok: boolean; message: string }>(`${inWorkspace(ws)}/credentials/${id}/test`, {})).data;
}
