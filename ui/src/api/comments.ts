import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';
import { api } from './client';
import type { CommentMark, CommentThread, Member, Mention, UnreadMentions } from './types';
import { inWorkspace } from './use-workspace';

const path = (ws: string, table: string): string => `${inWorkspace(ws)}/tables/${table}/comments`;

/** Pages of marks that are read: more cells than that with open threads are marked as far as they go. */
const MARK_PAGES = 10;
/** Where no live stream tells of comments, they are asked for again so often. */
const AGAIN_MS = 30_000;

/** The threads about a row and its cells, the newest first. */
export const threadsQuery = (ws: string, table: string, row: string) =>
  infiniteQueryOptions({
    queryKey: ['comments', ws, table, row],
    queryFn: ({ pageParam }) =>
      api.get<CommentThread[] | null>(path(ws, table), { query: { row, cursor: pageParam, limit: 20 } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    refetchInterval: AGAIN_MS,
  });

/** How many open threads there are about each row and cell of a table. */
export const marksQuery = (ws: string, table: string) =>
  queryOptions({
    queryKey: ['comment-marks', ws, table],
    queryFn: async () => {
      const all: CommentMark[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MARK_PAGES && (page === 0 || cursor); page++) {
        const answer = await api.get<CommentMark[] | null>(`${inWorkspace(ws)}/tables/${table}/comment-marks`, {
          query: { cursor, limit: 1000 },
        });
        all.push(...(answer.data ?? []));
        cursor = answer.meta.next_cursor;
      }
      return all;
    },
  });

export const unreadQuery = (ws: string) =>
  queryOptions({
    queryKey: ['mentions', ws, 'unread'],
    queryFn: async () => (await api.get<UnreadMentions>(`${inWorkspace(ws)}/mentions:count`)).data,
    refetchInterval: AGAIN_MS,
  });

export const mentionsQuery = (ws: string) =>
  infiniteQueryOptions({
    queryKey: ['mentions', ws, 'list'],
    queryFn: ({ pageParam }) =>
      api.get<Mention[] | null>(`${inWorkspace(ws)}/mentions`, { query: { cursor: pageParam, limit: 20 } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
  });

/** The people who can be mentioned. */
export const peopleQuery = (ws: string) =>
  queryOptions({ queryKey: ['members', ws], queryFn: () => api.list<Member>(`${inWorkspace(ws)}/members`) });

export async function seeMentions(ws: string, position: number): Promise<void> {
  await api.post(`${inWorkspace(ws)}/mentions:seen`, { position });
}

export interface Place {
  row: string;
  column: string | null;
}
export async function beginThread(ws: string, table: string, at: Place, text: string): Promise<void> {
  await api.post(path(ws, table), { row_id: at.row, ...(at.column ? { column_id: at.column } : {}), text });
}
export async function replyTo(ws: string, table: string, thread: string, text: string): Promise<void> {
  await api.post(`${path(ws, table)}/${thread}`, { text });
}
export async function editComment(
  ws: string,
  table: string,
  thread: string,
  comment: string,
  text: string,
): Promise<void> {
  await api.put(`${path(ws, table)}/${thread}/${comment}`, { text });
}
export async function deleteComment(ws: string, table: string, thread: string, comment: string): Promise<void> {
  await api.delete(`${path(ws, table)}/${thread}/${comment}`);
}
export async function setResolved(ws: string, table: string, thread: string, resolved: boolean): Promise<void> {
  await api.post(`${path(ws, table)}/${thread}/${resolved ? 'resolve' : 'reopen'}`, {});
}

/** Something was said about the table, or done about what was said. */
export async function commentsChanged(client: QueryClient, ws: string, table: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ['comments', ws, table] }),
    client.invalidateQueries({ queryKey: ['comment-marks', ws, table] }),
  ]);
}
