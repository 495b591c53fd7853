import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { useState } from 'react';
import { beginThread, commentsChanged, threadsQuery } from '@/api/comments';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CommentThread, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { plural } from '@/lib/format';
import { CommentBox } from './comment-box';
import { ThreadCard } from './thread-card';

export interface ThreadsProps {
  workspaceId: string;
  table: Table;
  rowId: string;
  /** The cell that is written about; null is the row as a whole. */
  columnId: string | null;
  autoFocus?: boolean;
}

/** The threads about a row and its cells: those about the chosen cell first, resolved ones folded away. */
export function Threads({ workspaceId: ws, table, rowId, columnId, autoFocus }: ThreadsProps) {
  const client = useQueryClient();
  const can = useCan(ws);
  const [resolvedToo, setResolvedToo] = useState(false);
  const threads = useInfiniteQuery(threadsQuery(ws, table.id, rowId));
  const all = threads.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  const here = (t: CommentThread): boolean => columnId !== null && t.column_id === columnId;
  const shown = all.filter((t) => resolvedToo || !t.resolved);
  const ordered = [...shown.filter(here), ...shown.filter((t) => !here(t))];
  const resolved = all.filter((t) => t.resolved).length;
  const column = table.columns.find((c) => c.id === columnId);
  const about = (t: CommentThread): string =>
    t.column_id ? (table.columns.find((c) => c.id === t.column_id)?.name ?? 'A deleted column') : 'The row';
  return (
    <div className="flex flex-col">
      {can('rows.edit') && (
        <div className="border-b border-line p-3">
          <CommentBox
            key={columnId ?? rowId}
            workspaceId={ws}
            label={column ? `Comment on ${column.name}` : 'Comment on the row'}
            action="Comment"
            autoFocus={autoFocus ?? false}
            onSend={async (text) => {
              await beginThread(ws, table.id, { row: rowId, column: columnId }, text);
              await commentsChanged(client, ws, table.id);
            }}
          />
        </div>
      )}
      {threads.isPending && <SkeletonRows rows={3} />}
      {threads.isError && (
        <div className="p-3">
          <Notice tone="danger">{messageOf(threads.error)}</Notice>
        </div>
      )}
      {threads.isSuccess && ordered.length === 0 && (
        <Empty
          className="py-8!"
          icon={<MessageSquare size={20} />}
          title={resolved > 0 ? 'No open comments' : 'No comments yet'}
        />
      )}
      {ordered.map((t) => (
        <ThreadCard key={t.id} workspaceId={ws} tableId={table.id} thread={t} about={about(t)} />
      ))}
      {(threads.hasNextPage || resolved > 0) && (
        <div className="flex flex-wrap justify-center gap-2 p-3">
          {threads.hasNextPage && (
            <Button size="sm" busy={threads.isFetchingNextPage} onClick={() => void threads.fetchNextPage()}>
              Show earlier threads
            </Button>
          )}
          {resolved > 0 && (
            <Button size="sm" variant="ghost" aria-pressed={resolvedToo} onClick={() => setResolvedToo(!resolvedToo)}>
              {resolvedToo ? 'Hide resolved' : `Show ${plural(resolved, 'resolved thread')}`}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
