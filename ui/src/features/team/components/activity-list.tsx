import { useInfiniteQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { Avatar } from '@/components/avatar';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { ago, dateTime } from '@/lib/format';
import { activity } from '../api/team';
import { Sentence } from './sentence';

/** Who did what, newest first. */
export function ActivityList({ ws }: { ws: string }) {
  const list = useInfiniteQuery({
    queryKey: ['activity', ws],
    queryFn: ({ pageParam }) => activity(ws, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
  });
  const lines = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Card flush>
      {list.isPending && <SkeletonRows rows={8} />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && lines.length === 0 && (
        <Empty icon={<History size={20} />} title="Nothing yet" text="What members do appears here as it happens." />
      )}
      {lines.length > 0 && (
        <ul>
          {lines.map((line) => (
            <li
              key={line.position}
              className="flex items-start gap-3 border-b border-line px-4 py-2.5 text-base last:border-0"
            >
              <Avatar name={line.actor.name} />
              <p className="min-w-0 flex-1 pt-0.5 break-words text-ink-2">
                <span className="font-medium text-ink">
                  <Shown text={line.actor.name} />
                </span>{' '}
                <Sentence ws={ws} line={line} />
              </p>
              <time
                dateTime={line.at}
                title={dateTime(line.at)}
                className="shrink-0 pt-0.5 text-sm whitespace-nowrap text-ink-3"
              >
                {ago(line.at)}
              </time>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show earlier activity
          </Button>
        </div>
      )}
    </Card>
  );
}
