import { Fault, type Router } from './http.ts';
import type { MockState } from './state.ts';

const CODE = '123456';
/** A picture of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const wrong = (): Fault => new Fault(401, 'INVALID_CODE', 'the code is wrong or was used; wait for the next one');

/** Two-step sign-in; every code of the app is 123456. Answers with the check that a sign-in makes. */
export function secondFactorRoutes(r: Router, s: MockState): (code: string | undefined) => void {
  const made = (): { data: { recovery_codes: string[] } } => {
    s.recoveryCodes = ['aaaa-bbbb-cccc-dddd', 'eeee-ffff-gggg-hhhh'];
    return { data: { recovery_codes: s.recoveryCodes } };
  };
  const check = (body: unknown): void => {
    const { password, code } = body as { password: string; code: string };
    if (password !== 'morket-demo') throw new Fault(401, 'INVALID_CREDENTIALS', 'the email or the password is wrong');
    if (code !== CODE) throw wrong();
  };
  r.on('GET', '/auth/second-factor', () => ({
    data: {
      available: true,
      on: s.recoveryCodes !== null,
      since: s.recoveryCodes ? '2026-11-20T08:00:00Z' : null,
      recovery_codes_left: s.recoveryCodes?.length ?? 0,
    },
  }));
  r.on('POST', '/auth/second-factor', () => ({
    data: { secret: 'JBSWY3DP', link: 'otpauth://totp/x', picture: PIXEL },
  }));
  r.on('POST', '/auth/second-factor/confirm', ({ body }) => {
    if ((body as { code: string }).code !== CODE) throw wrong();
    return made();
  });
  r.on('POST', '/auth/second-factor/recovery-codes', ({ body }) => {
    check(body);
    return made();
  });
  r.on('DELETE', '/auth/second-factor', ({ body }) => {
    check(body);
    s.recoveryCodes = null;
    return { data: {} };
  });
  return (code) => {
    if (s.recoveryCodes && code === undefined)
      throw new Fault(401, 'SECOND_FACTOR_REQUIRED', 'send the code of the app, too');
    if (s.recoveryCodes && code !== CODE) throw wrong();
  };
}
