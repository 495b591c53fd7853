import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Enrolment, RecoveryCodes, SecondFactor } from '@/api/types';

const path = '/auth/second-factor';

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: async () => (await api.get<SecondFactor>(path)).data,
});
export async function beginSecondFactor(password: string): Promise<Enrolment> {
  return (await api.post<Enrolment>(path, { password })).data;
}
export async function confirmSecondFactor(code: string): Promise<string[]> {
  return (await api.post<RecoveryCodes>(`${path}/confirm`, { code })).data.recovery_codes ?? [];
}
export async function replaceRecoveryCodes(password: string, code: string): Promise<string[]> {
  return (await api.post<RecoveryCodes>(`${path}/recovery-codes`, { password, code })).data.recovery_codes ?? [];
}
export async function disableSecondFactor(password: string, code: string): Promise<void> {
  await api.delete(path, { body: { password, code } });
}
