import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import { loadMe } from '@/api/me';
import type { InvitationInfo, SignedIn, SignedOut, SignInOptions } from '@/api/types';
import { useSession, wasSignedIn } from '@/lib/session';

const anonymous = { anonymous: true };

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: async () => (await api.get<SignInOptions>('/auth/options', anonymous)).data,
  staleTime: Infinity,
});

/** Takes up a session that was opened. */
export async function enter(answer: SignedIn): Promise<void> {
  api.setToken(answer.access_token, answer.user.id);
  await loadMe();
}
export async function login(email: string, password: string, code?: string): Promise<void> {
  await enter((await api.post<SignedIn>('/auth/login', { email, password, code }, anonymous)).data);
}
export async function register(name: string, email: string, password: string): Promise<void> {
  await enter((await api.post<SignedIn>('/auth/register', { name, email, password }, anonymous)).data);
}
/** Signs out, at the identity provider, too, if the session was begun there. */
export async function logout(): Promise<void> {
  let elsewhere: string | undefined;
  try {
    elsewhere = (await api.post<SignedOut>('/auth/logout')).data.redirect_to;
  } finally {
    api.setToken(null);
    useSession.getState().end();
  }
  if (elsewhere) window.location.assign(elsewhere);
}
/** Takes up the session of the refresh cookie, if there is one. */
export async function restore(): Promise<void> {
  const session = useSession.getState();
  try {
    if (wasSignedIn() && (await api.refresh())) await loadMe();
    else session.end();
  } catch {
    session.fail();
  }
}
export async function requestReset(email: string): Promise<void> {
  await api.post('/auth/password-reset', { email }, anonymous);
}
export async function confirmReset(token: string, password: string, revokeKeys: boolean): Promise<void> {
  await api.post('/auth/password-reset/confirm', { token, password, revoke_api_keys: revokeKeys }, anonymous);
}
export async function invitation(token: string): Promise<InvitationInfo> {
  return (await api.get<InvitationInfo>(`/invitations/${encodeURIComponent(token)}`, anonymous)).data;
}
/** Joins the workspace; somebody new is registered and signed in by the same call. */
export async function acceptInvitation(token: string, person?: { name: string; password: string }): Promise<void> {
  const path = `/invitations/${encodeURIComponent(token)}/accept`;
  const { data } = await api.post<{ signed_in?: SignedIn | null }>(path, person ?? {}, person ? anonymous : {});
  if (data.signed_in) await enter(data.signed_in);
  else if (!person) await loadMe();
}
export async function declineInvitation(token: string): Promise<void> {
  await api.post(`/invitations/${encodeURIComponent(token)}/decline`, {}, anonymous);
}
