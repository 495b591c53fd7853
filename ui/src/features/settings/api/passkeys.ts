import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { OwnPasskeys } from '@/api/types';
import { makePasskey, type PasskeyOffer } from '@/lib/passkeys';

const path = '/auth/passkeys';

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: async () => (await api.get<OwnPasskeys>(path)).data,
});

/** Makes a passkey on a device of the person's choice and lets it sign in. */
export async function addPasskey(name: string, password: string, code: string | undefined): Promise<void> {
  const offer = (await api.post<PasskeyOffer>(`${path}/begin`, { password, code })).data;
  await api.post(path, { ...(await makePasskey(offer)), name });
}
export async function renamePasskey(id: string, name: string): Promise<void> {
  await api.patch(`${path}/${id}`, { name });
}
export async function removePasskey(id: string, password: string): Promise<void> {
  await api.delete(`${path}/${id}`, { body: { password } });
}
