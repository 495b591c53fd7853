import { Fault, type Router } from './http.ts';
import type { MockState } from './state.ts';

/** Passkeys of pages at the origin of the tests; every one that is shown is right. */
export function passkeyRoutes(r: Router, s: MockState, entered: object): void {
  const find = (id: string | undefined): MockState['passkeys'][number] => {
    const found = s.passkeys.find((p) => p.id === id);
    if (!found) throw new Fault(404, 'NOT_FOUND', 'no passkey here');
    return found;
  };
  const check = (body: unknown): void => {
    if ((body as { password: string }).password !== 'morket-demo')
      throw new Fault(401, 'INVALID_CREDENTIALS', 'the email or the password is wrong');
  };
  const request = { attempt: 'attempt', challenge: 'Y2hhbGxlbmdl', domain: 'localhost', timeout_ms: 600_000 };
  r.on('GET', '/auth/passkeys', () => ({
    data: { available: true, origin: s.passkeyOrigin, passkeys: s.passkeys },
  }));
  r.on('POST', '/auth/passkeys/begin', ({ body }) => {
    check(body);
    const user = { user_handle: 'dXNy', email: 'demo@morket.local', name: 'Dana Demo' };
    return { data: { ...request, ...user, algorithms: [-8, -7, -257], exclude: [] } };
  });
  r.on('POST', '/auth/passkeys', ({ body }) => {
    const { name } = body as { name: string };
    const made = { id: `pky_${String(s.passkeys.length)}`, name, created_at: '2026-11-20T08:00:00Z' };
    s.passkeys.push({ ...made, last_used_at: null, blocked_at: null });
    return { data: made, status: 201 };
  });
  r.on('PATCH', '/auth/passkeys/:id', ({ params, body }) => {
    find(params['id']).name = (body as { name: string }).name;
    return { data: {} };
  });
  r.on('DELETE', '/auth/passkeys/:id', ({ params, body }) => {
    check(body);
    const gone = find(params['id']);
    s.passkeys = s.passkeys.filter((p) => p !== gone);
    return { data: {} };
  });
  r.on('POST', '/auth/passkey-sign-in/begin', () => ({ data: request }));
  r.on('POST', '/auth/passkey-sign-in', () => {
    if (s.passkeys.length === 0) throw new Fault(401, 'INVALID_PASSKEY', 'this passkey signs in nobody here');
    s.signedIn = true;
    return { data: entered };
  });
}
