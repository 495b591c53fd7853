import { queryOptions, useQuery } from '@tanstack/react-query';
import { sentence } from '@/lib/format';
import { api } from './client';
import type { Provider, ProviderField } from './types';

/** The server writes an empty list as null. */
type WireProvider = Omit<Provider, 'inputs' | 'outputs'> & {
  inputs: ProviderField[] | null;
  outputs: ProviderField[] | null;
};

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async () =>
    (await api.list<WireProvider>('/providers')).map((p) => ({
      ...p,
      inputs: p.inputs ?? [],
      outputs: p.outputs ?? [],
    })),
  staleTime: 5 * 60_000,
});

/** Names a provider for people by its slug. */
export function useProviderName(): (slug: string) => string {
  const { data } = useQuery(providersQuery);
  return (slug) => data?.find((p) => p.slug === slug)?.name ?? sentence(slug);
}
