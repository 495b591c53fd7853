import { queryOptions } from '@tanstack/react-query';
import { api, type Answer } from '@/api/client';
import type { Bill, BillingState, Plans, SentToStripe } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

export const plansQuery = queryOptions({
  queryKey: ['plans'],
  queryFn: async () => (await api.get<Plans>('/billing/plans')).data,
  staleTime: 60_000,
});

export const billingQuery = (ws: string) =>
  queryOptions({
    queryKey: ['billing', ws],
    queryFn: async () => (await api.get<BillingState>(`${inWorkspace(ws)}/billing`)).data,
  });

export function bills(ws: string, cursor: string | undefined): Promise<Answer<Bill[] | null>> {
  return api.get<Bill[] | null>(`${inWorkspace(ws)}/billing/invoices`, { query: { cursor, limit: 20 } });
}
export async function choosePlan(ws: string, plan: string): Promise<SentToStripe> {
  return (await api.post<SentToStripe>(`${inWorkspace(ws)}/billing/checkout`, { plan })).data;
}
export async function buyPack(ws: string, pack: string): Promise<SentToStripe> {
  return (await api.post<SentToStripe>(`${inWorkspace(ws)}/billing/credits/purchase`, { pack })).data;
}
export async function openPortal(ws: string): Promise<SentToStripe> {
  return (await api.post<SentToStripe>(`${inWorkspace(ws)}/billing/portal`)).data;
}
