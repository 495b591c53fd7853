import { queryOptions, useQuery } from '@tanstack/react-query';
import { sentence } from '@/lib/format';
import { api } from './client';
import type { Provider } from './types';

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: () => api.list<Provider>('/providers'),
  staleTime: 5 * 60_000,
});

/** Names a provider for people by its slug. */
export function useProviderName(): (slug: string) => string {
  const { data } = useQuery(providersQuery);
  return (slug) => data?.find((p) => p.slug === slug)?.name ?? sentence(slug);
}
