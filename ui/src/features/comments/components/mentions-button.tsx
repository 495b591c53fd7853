import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { AtSign } from 'lucide-react';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { mentionsQuery, seeMentions, unreadQuery } from '@/api/comments';
import { messageOf } from '@/api/errors';
import { tablesQuery } from '@/api/tables';
import type { Mention } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { Button, IconButton } from '@/components/button';
import { Popover, type Anchor } from '@/components/popover';
import { Shown } from '@/components/shown';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { cx } from '@/lib/cx';
import { ago } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { CommentText } from './comment-text';

/** Opens what mentions the signed-in person; its mark says how much of it is new. */
export function MentionsButton({ workspaceId: ws }: { workspaceId: string }) {
  const { data } = useQuery(unreadQuery(ws));
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const n = data?.count ?? 0;
  const many = n >= 100 ? '99+' : String(n);
  return (
    <span className="relative">
      <IconButton
        ref={button}
        label={n > 0 ? `Mentions of you, ${many} unread` : 'Mentions of you'}
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        active={anchor !== null}
        onClick={() => setAnchor(button.current?.getBoundingClientRect() ?? null)}
      >
        <AtSign size={16} />
      </IconButton>
      {n > 0 && (
        <span
          aria-hidden
          className="tnum pointer-events-none absolute -top-0.5 -right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-danger px-1 text-[10px] font-semibold text-white"
        >
          {many}
        </span>
      )}
      {anchor && <Mentions ws={ws} anchor={anchor} onClose={() => setAnchor(null)} />}
    </span>
  );
}

function Mentions({ ws, anchor, onClose }: { ws: string; anchor: Anchor; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const mentions = useInfiniteQuery({ ...mentionsQuery(ws), staleTime: 0 });
  const all = mentions.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  const newest = all.find((m) => m.unread)?.position;
  // What was shown is seen when the list closes, so that what is new stays marked while it is read.
  const close = (): void => {
    onClose();
    if (newest === undefined) return;
    seeMentions(ws, newest)
      .then(() => client.invalidateQueries({ queryKey: ['mentions', ws] }))
      .catch((e: unknown) => toast.error(messageOf(e)));
  };
  return (
    <Popover anchor={anchor} label="Mentions of you" onClose={close} className="w-[min(380px,calc(100vw-16px))]">
      <header className="sticky top-0 flex h-11 items-center border-b border-line bg-raised px-3">
        <h2 className="flex-1 text-md font-semibold">Mentions of you</h2>
      </header>
      {mentions.isPending && <SkeletonRows rows={3} />}
      {mentions.isError && (
        <div className="p-3">
          <Notice tone="danger">{messageOf(mentions.error)}</Notice>
        </div>
      )}
      {mentions.isSuccess && all.length === 0 && (
        <Empty
          className="py-8!"
          icon={<AtSign size={20} />}
          title="Nobody has mentioned you yet"
          text="A comment with @ and your name shows up here."
        />
      )}
      <ul>
        {all.map((m) => (
          <li key={m.comment.id} className="border-b border-line last:border-0">
            <Line
              ws={ws}
              mention={m}
              onOpen={() => {
                close();
                void navigate(`/w/${ws}/tables/${m.table_id}/rows/${m.row_id}`);
              }}
            />
          </li>
        ))}
      </ul>
      {mentions.hasNextPage && (
        <div className="p-2 text-center">
          <Button size="sm" busy={mentions.isFetchingNextPage} onClick={() => void mentions.fetchNextPage()}>
            Show earlier ones
          </Button>
        </div>
      )}
    </Popover>
  );
}

function Line({ ws, mention: m, onOpen }: { ws: string; mention: Mention; onOpen: () => void }) {
  const { data: tables } = useQuery(tablesQuery(ws));
  const table = tables?.find((t) => t.id === m.table_id)?.name ?? '';
  return (
    <button
      type="button"
      onClick={onOpen}
      className={cx('flex w-full gap-2.5 px-3 py-2.5 text-left hover:bg-hover', m.unread && 'bg-primary-soft/60')}
    >
      <Avatar name={m.comment.author.name} />
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">
            <Shown text={m.comment.author.name || 'Former member'} />
          </span>
          <span className="text-xs whitespace-nowrap text-ink-3">{ago(m.comment.created_at)}</span>
          <span className="ml-auto flex gap-1">
            {m.resolved && <Badge tone="success">Resolved</Badge>}
            {m.unread && <Badge tone="primary">New</Badge>}
          </span>
        </span>
        <span className="truncate text-xs text-ink-3">
          <Shown text={table} />
        </span>
        {m.comment.erased ? (
          <span className="text-ink-3 italic">This text was erased with its author’s data.</span>
        ) : (
          <CommentText text={m.comment.text} people={m.comment.mentions} />
        )}
      </span>
    </button>
  );
}
