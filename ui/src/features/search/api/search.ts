import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, type Answer } from '@/api/client';
import type { SavedSearch, SearchHit, SearchQuestion } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';

const PAGE = 20;

const AGAIN_MS = 1500;
const AGAIN_TIMES = 5;

/** Rows are found a second or two after they were written: nothing is asked for again a few times before it is believed. */
function askAgain(nothing: boolean, answers: number): number | false {
  return nothing && answers <= AGAIN_TIMES ? AGAIN_MS : false;
}

function search(ws: string, body: object, signal: AbortSignal): Promise<Answer<SearchHit[]>> {
  return api.post<SearchHit[]>(`${inWorkspace(ws)}/search`, body, { signal });
}

/** The pages of a search; the first one brings the facets. */
export const searchQuery = (ws: string, question: SearchQuestion) =>
  infiniteQueryOptions({
    queryKey: ['search', ws, question],
    queryFn: ({ pageParam, signal }) =>
      search(ws, { ...question, limit: PAGE, ...(pageParam ? { search_after: pageParam } : { facets: true }) }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.meta.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => askAgain(state.data?.pages[0]?.data.length === 0, state.dataUpdateCount),
    retry: false,
  });

/** The few best rows for what is being typed. */
export const quickSearchQuery = (ws: string, q: string) =>
  queryOptions({
    queryKey: ['quick-search', ws, q],
    queryFn: async ({ signal }) => (await search(ws, { q, limit: 6 }, signal)).data,
    enabled: q.length >= 2,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => askAgain(state.data?.length === 0, state.dataUpdateCount),
    retry: false,
  });

/** Values that begin with what is being typed, the most frequent first. */
export const suggestionsQuery = (ws: string, q: string) =>
  queryOptions({
    queryKey: ['search-suggestions', ws, q],
    queryFn: async ({ signal }) =>
      (
        await api.get<{ value: string; count: number }[] | null>(`${inWorkspace(ws)}/search/suggest`, {
          query: { q },
          signal,
        })
      ).data ?? [],
    enabled: q.length >= 2 && q.length <= 100,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const savedSearchesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['saved-searches', ws],
    queryFn: () => api.list<SavedSearch>(`${inWorkspace(ws)}/search/saved`),
  });
export async function saveSearch(ws: string, name: string, query: SearchQuestion, shared: boolean): Promise<void> {
  await api.post(`${inWorkspace(ws)}/search/saved`, { name, query, shared });
}
export async function deleteSearch(ws: string, id: string): Promise<void> {
  await api.delete(`${inWorkspace(ws)}/search/saved/${id}`);
}

/** Where a found row is shown: in its table, scrolled to and selected. */
export const placeOf = (ws: string, hit: Pick<SearchHit, 'table_id' | 'row_id'>): string =>
  `/w/${ws}/tables/${hit.table_id}?row=${hit.row_id}`;
