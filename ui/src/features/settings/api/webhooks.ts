import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { inWorkspace } from '@/api/use-workspace';

type Schemas = components['schemas'];
export type Webhook = Schemas['Webhook'];
export type WebhookSettings = Schemas['WebhookSettings'];
export type WebhookChanges = Schemas['WebhookChanges'];
export type Shown = Schemas['WebhookShown'];
export type Delivery = Schemas['WebhookDelivery'];
export type DeliveryState = Delivery['state'];
export type WholeDelivery = Schemas['WebhookWhole'];
export type Attempt = Schemas['WebhookAttempt'];

/** How often what goes on by itself is looked at again. */
const LIVE_MS = 3000;

const path = (ws: string, id?: string): string => `${inWorkspace(ws)}/webhooks${id ? `/${id}` : ''}`;

export const webhooksQuery = (ws: string) =>
  queryOptions({
    queryKey: ['webhooks', ws],
    queryFn: () => api.list<Webhook>(path(ws)),
    refetchInterval: LIVE_MS,
  });
export const webhookQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['webhooks', ws, id],
    queryFn: async () => (await api.get<Webhook>(path(ws, id))).data,
    refetchInterval: LIVE_MS,
  });
export const deliveriesQuery = (ws: string, id: string, state: DeliveryState | '') =>
  infiniteQueryOptions({
    queryKey: ['webhooks', ws, id, 'deliveries', state],
    queryFn: async ({ pageParam }) => {
      const page = await api.get<Delivery[] | null>(`${path(ws, id)}/deliveries`, {
        query: { cursor: pageParam, state: state || undefined, limit: 25 },
      });
      return { list: page.data ?? [], next: page.meta.next_cursor };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    refetchInterval: LIVE_MS,
  });
export const deliveryQuery = (ws: string, id: string, position: number) =>
  queryOptions({
    queryKey: ['webhooks', ws, id, 'delivery', position],
    queryFn: async () => (await api.get<WholeDelivery>(`${path(ws, id)}/deliveries/${position}`)).data,
    refetchInterval: LIVE_MS,
  });
export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: async () => (await api.get<string[]>('/event-types')).data,
  staleTime: Infinity,
});

export async function createWebhook(ws: string, body: WebhookSettings): Promise<Shown> {
  return (await api.post<Shown>(path(ws), body)).data;
}
export async function changeWebhook(ws: string, id: string, body: WebhookChanges): Promise<void> {
  await api.patch(path(ws, id), body);
}
export async function deleteWebhook(ws: string, id: string): Promise<void> {
  await api.delete(path(ws, id));
}
export async function rotateSecret(ws: string, id: string, hours: number): Promise<Shown> {
  return (await api.post<Shown>(`${path(ws, id)}/rotate-secret`, { overlap_hours: hours })).data;
}
export async function testWebhook(ws: string, id: string): Promise<number> {
  return (await api.post(`${path(ws, id)}/test`)).position;
}
export async function replayWebhook(ws: string, id: string, after: number): Promise<void> {
  await api.post(`${path(ws, id)}/replay`, { after });
}
export async function redeliver(ws: string, id: string, position: number): Promise<void> {
  await api.post(`${path(ws, id)}/deliveries/${position}/redeliver`);
}
