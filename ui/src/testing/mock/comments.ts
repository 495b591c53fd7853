import type { CommentThread, RowComment } from '../../api/types.ts';
import { Fault, type Router } from './http.ts';
import { USER, type MockState } from './state.ts';

/** Comments of the in-memory server; nobody is mentioned, since nobody else is there. */
export function commentRoutes(r: Router, s: MockState): void {
  const threads = new Map<string, CommentThread[]>();
  const of = (table: string | undefined): CommentThread[] => {
    const list = threads.get(table ?? '') ?? [];
    threads.set(table ?? '', list);
    return list;
  };
  const found = (table: string | undefined, id: string | undefined): CommentThread => {
    const thread = of(table).find((t) => t.id === id);
    if (!thread) throw new Fault(404, 'NOT_FOUND', 'no thread here');
    return thread;
  };
  const said = (text: string): RowComment => ({
    id: s.id('cmt'),
    author: { user_id: USER.id, name: USER.name },
    text,
    mentions: [],
    mine: true,
    created_at: s.at(),
  });
  r.on('GET', 'W/tables/:table/comments', ({ params, query }) => {
    const row = query.get('row');
    return { data: of(params.table).filter((t) => !row || t.row_id === row) };
  });
  r.on('GET', 'W/tables/:table/comment-marks', ({ params }) => ({
    data: of(params.table)
      .filter((t) => !t.resolved)
      .map((t) => ({ row_id: t.row_id, ...(t.column_id ? { column_id: t.column_id } : {}), open: 1 })),
  }));
  r.on('POST', 'W/tables/:table/comments', ({ params, body }) => {
    const { text, row_id, column_id } = body as { text: string; row_id: string; column_id?: string };
    const first = said(text);
    const at = { created_at: s.at(), updated_at: s.at(), resolved: false, comments: [first] };
    const thread = { id: s.id('thr'), row_id, ...(column_id ? { column_id } : {}), ...at };
    of(params.table).unshift(thread);
    return { data: { thread_id: thread.id, comment_id: first.id, at: s.at() }, status: 201, position: s.tick() };
  });
  r.on('POST', 'W/tables/:table/comments/:thread', ({ params, body }) => {
    const reply = said((body as { text: string }).text);
    found(params.table, params.thread).comments.push(reply);
    return { data: { thread_id: params.thread, comment_id: reply.id, at: s.at() }, status: 201, position: s.tick() };
  });
  for (const [action, resolved] of [
    ['resolve', true],
    ['reopen', false],
  ] as const)
    r.on('POST', `W/tables/:table/comments/:thread/${action}`, ({ params }) => {
      found(params.table, params.thread).resolved = resolved;
      return { data: {}, position: s.tick() };
    });
  r.on('DELETE', 'W/tables/:table/comments/:thread/:comment', ({ params }) => {
    const thread = found(params.table, params.thread);
    thread.comments = thread.comments.filter((c) => c.id !== params.comment);
    if (thread.comments.length === 0)
      threads.set(
        params.table ?? '',
        of(params.table).filter((t) => t !== thread),
      );
    return { data: {}, position: s.tick() };
  });
  r.on('PUT', 'W/tables/:table/comments/:thread/:comment', ({ params, body }) => {
    const comment = found(params.table, params.thread).comments.find((c) => c.id === params.comment);
    if (!comment) throw new Fault(404, 'NOT_FOUND', 'no comment here');
    Object.assign(comment, { text: (body as { text: string }).text, edited_at: s.at() });
    return { data: { thread_id: params.thread, comment_id: comment.id, at: s.at() }, position: s.tick() };
  });
  r.on('GET', 'W/mentions', () => ({ data: [] }));
  r.on('GET', 'W/mentions:count', () => ({ data: { count: 0, seen: 0 } }));
  r.on('POST', 'W/mentions:seen', () => ({ data: {} }));
  r.on('POST', 'W/tables/:table/presence', () => ({ data: {} }));
}
