import { api } from '@/api/client';
import type { SignedIn } from '@/api/types';
import { showPasskey, type PasskeyAnswer, type PasskeyRequest } from '@/lib/passkeys';
import { enter } from './auth';

/** Asks the person for a passkey. */
export async function askForPasskey(how: { inForms?: boolean; signal?: AbortSignal } = {}): Promise<PasskeyAnswer> {
  return showPasskey(await beginPasskeySignIn(), how);
}

export async function beginPasskeySignIn(): Promise<PasskeyRequest> {
  return (await api.post<PasskeyRequest>('/auth/passkey-sign-in/begin', undefined, { anonymous: true })).data;
}

/** Signs in by the passkey alone. */
export async function passkeySignIn(answer: PasskeyAnswer): Promise<void> {
  await enter((await api.post<SignedIn>('/auth/passkey-sign-in', answer, { anonymous: true })).data);
}

/** Signs in by the passkey in the place of the code. */
export async function loginWithPasskey(email: string, password: string): Promise<void> {
  const passkey = await askForPasskey();
  await enter((await api.post<SignedIn>('/auth/login', { email, password, passkey }, { anonymous: true })).data);
}
