import { queryOptions, useQuery } from '@tanstack/react-query';
import { sentence } from '@/lib/format';
import { api } from './client';
import type { Preset, Provider } from './types';

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: () => api.list<Provider>('/providers'),
  staleTime: 5 * 60_000,
});

/** Configurations of a provider for APIs that many have use for. */
export const presetsQuery = (slug: string) =>
  queryOptions({
    queryKey: ['presets', slug],
    queryFn: () => api.list<Preset>(`/providers/${slug}/presets`),
    staleTime: Infinity,
  });

/** Names a provider for people by its slug. */
export function useProviderName(): (slug: string) => string {
  const { data } = useQuery(providersQuery);
  return (slug) => data?.find((p) => p.slug === slug)?.name ?? sentence(slug);
}
