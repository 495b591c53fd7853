import { api } from '@/api/client';
import type { SignedIn, SignOn } from '@/api/types';
import { enter } from './auth';

const TO = 'morket.sign-on.to';

/** Leaves for the identity provider, which leads back to /sign-on; afterwards the page that was asked for is shown. */
export async function beginSignOn(to: string | undefined): Promise<void> {
  const { data } = await api.post<SignOn>('/auth/sign-on', undefined, { anonymous: true });
  sessionStorage.setItem(TO, to ?? '/');
  window.location.assign(data.redirect_to);
}

/** Signs in by what the provider has put into the address, which is good once; answers with the page to go to. */
export async function completeSignOn(query: URLSearchParams): Promise<string> {
  const body = {
    state: query.get('state') ?? '',
    code: query.get('code') ?? undefined,
    error: query.get('error') ?? undefined,
  };
  await enter((await api.post<SignedIn>('/auth/sign-on/complete', body, { anonymous: true })).data);
  const to = sessionStorage.getItem(TO) ?? '/';
  sessionStorage.removeItem(TO);
  return to.startsWith('/') && !to.startsWith('//') ? to : '/';
}
