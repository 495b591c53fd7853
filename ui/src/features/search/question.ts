import type { SearchFilters, SearchQuestion, SearchSort } from '@/api/types';

/** The facets of the page, and the filter that each of them sets. */
export const facets = [
  { facet: 'table', filter: 'tables', label: 'Table' },
  { facet: 'tag', filter: 'tags', label: 'Tag' },
  { facet: 'state', filter: 'states', label: 'Enrichment' },
  { facet: 'provider', filter: 'providers', label: 'Provider' },
] as const;
export type ListFilter = (typeof facets)[number]['filter'];

/** What the address says: a search can be bookmarked, sent, and gone back to. */
export function questionOf(params: URLSearchParams): SearchQuestion {
  const filters: SearchFilters = {};
  for (const { facet, filter } of facets) {
    const values = params.getAll(facet);
    if (values.length) filters[filter] = values;
  }
  const month = params.get('updated');
  const range = month === null ? null : rangeOfMonth(month);
  if (range) filters.updated = range;
  const sort = params.get('sort') as SearchSort | null;
  return {
    q: params.get('q') ?? '',
    filters,
    ...(sort ? { sort, descending: sort === 'updated' || sort === 'created' } : {}),
  };
}

/** A month like 2026-03 as a span of time. */
export function rangeOfMonth(month: string): { from: string; to: string } | null {
  const m = /^(\d{4})-(\d{2})$/.exec(month);
  if (!m) return null;
  const [year, number] = [Number(m[1]), Number(m[2])];
  if (number < 1 || number > 12) return null;
  return {
    from: new Date(Date.UTC(year, number - 1)).toISOString(),
    to: new Date(Date.UTC(year, number)).toISOString(),
  };
}

/** The address of a saved search. */
export function paramsOf(q: SearchQuestion): URLSearchParams {
  const params = new URLSearchParams();
  if (q.q) params.set('q', q.q);
  for (const { facet, filter } of facets) for (const v of q.filters?.[filter] ?? []) params.append(facet, v);
  if (q.filters?.updated?.from) params.set('updated', q.filters.updated.from.slice(0, 7));
  if (q.sort) params.set('sort', q.sort);
  return params;
}

export function asks(q: SearchQuestion): boolean {
  return Boolean(q.q?.trim()) || Object.keys(q.filters ?? {}).length > 0;
}
