import { useQueryClient } from '@tanstack/react-query';
import { Check, MoreHorizontal, Pencil, RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { commentsChanged, deleteComment, editComment, replyTo, setResolved } from '@/api/comments';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CommentThread, RowComment } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { Button, IconButton } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { MenuTrigger, type MenuEntry } from '@/components/menu';
import { Shown } from '@/components/shown';
import { Badge } from '@/components/states';
import { ago, dateTime } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { written } from '../text';
import { CommentBox } from './comment-box';
import { CommentText } from './comment-text';

interface ThreadProps {
  workspaceId: string;
  tableId: string;
  thread: CommentThread;
  /** What the thread is about. */
  about: string;
}

/** One thread: what was said, the oldest first, and what can be done about it. */
export function ThreadCard({ workspaceId: ws, tableId, thread, about }: ThreadProps) {
  const client = useQueryClient();
  const can = useCan(ws);
  const [replying, setReplying] = useState(false);
  const [busy, setBusy] = useState(false);
  const changed = (): Promise<void> => commentsChanged(client, ws, tableId);
  const resolve = async (): Promise<void> => {
    setBusy(true);
    try {
      await setResolved(ws, tableId, thread.id, !thread.resolved);
      await changed();
    } catch (e) {
      toast.error(messageOf(e));
    }
    setBusy(false);
  };
  return (
    <article
      aria-label={`Thread about ${about}`}
      className="flex flex-col gap-3 border-b border-line p-3 last:border-0"
    >
      <header className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-sm font-medium text-ink-2">
          <Shown text={about} />
        </span>
        {thread.resolved && (
          <span title={`${thread.resolved_by?.name ?? ''}, ${dateTime(thread.resolved_at)}`}>
            <Badge tone="success">Resolved</Badge>
          </span>
        )}
        {can('rows.edit') && (
          <Button
            size="sm"
            variant="ghost"
            busy={busy}
            icon={thread.resolved ? <RotateCcw size={13} /> : <Check size={14} />}
            onClick={() => void resolve()}
          >
            {thread.resolved ? 'Reopen' : 'Resolve'}
          </Button>
        )}
      </header>
      <ol className="flex flex-col gap-3">
        {thread.comments.map((c) => (
          <Said key={c.id} workspaceId={ws} tableId={tableId} threadId={thread.id} comment={c} changed={changed} />
        ))}
      </ol>
      {can('rows.edit') &&
        (replying ? (
          <CommentBox
            workspaceId={ws}
            label="Reply"
            action="Reply"
            autoFocus
            onCancel={() => setReplying(false)}
            onSend={async (text) => {
              await replyTo(ws, tableId, thread.id, text);
              setReplying(false);
              await changed();
            }}
          />
        ) : (
          <Button size="sm" className="self-start" onClick={() => setReplying(true)}>
            Reply
          </Button>
        ))}
    </article>
  );
}

interface SaidProps {
  workspaceId: string;
  tableId: string;
  threadId: string;
  comment: RowComment;
  changed: () => Promise<void>;
}

function Said({ workspaceId: ws, tableId, threadId, comment: c, changed }: SaidProps) {
  const can = useCan(ws);
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const own = c.mine && can('rows.edit');
  const items: MenuEntry[] = [];
  if (own && !c.erased) items.push({ label: 'Edit', icon: <Pencil size={14} />, onSelect: () => setEditing(true) });
  if (own || (can('rows.edit') && can('members.manage')))
    items.push({ label: 'Delete', icon: <Trash2 size={14} />, danger: true, onSelect: () => setDeleting(true) });
  return (
    <li className="flex gap-2.5">
      <Avatar name={c.author.name} />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <div className="flex min-h-6 items-center gap-2">
          <span className="truncate font-medium">
            <Shown text={c.author.name || 'Former member'} />
          </span>
          <time dateTime={c.created_at} title={dateTime(c.created_at)} className="text-xs whitespace-nowrap text-ink-3">
            {ago(c.created_at)}
          </time>
          {c.edited_at && (
            <span title={dateTime(c.edited_at)} className="text-xs text-ink-3">
              edited
            </span>
          )}
          {items.length > 0 && (
            <span className="ml-auto">
              <MenuTrigger
                label="Comment"
                align="end"
                items={items}
                trigger={(props) => (
                  <IconButton {...props} label="More about this comment" size="sm">
                    <MoreHorizontal size={14} />
                  </IconButton>
                )}
              />
            </span>
          )}
        </div>
        {editing ? (
          <CommentBox
            workspaceId={ws}
            label="Edit the comment"
            action="Save"
            autoFocus
            initial={{ text: written(c.text, c.mentions), people: c.mentions }}
            onCancel={() => setEditing(false)}
            onSend={async (text) => {
              await editComment(ws, tableId, threadId, c.id, text);
              await changed();
              setEditing(false);
            }}
          />
        ) : c.erased ? (
          <p className="text-ink-3 italic">This text was erased with its author’s data.</p>
        ) : (
          <CommentText text={c.text} people={c.mentions} />
        )}
      </div>
      {deleting && (
        <Confirm
          title="Delete this comment?"
          action="Delete"
          danger
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            try {
              await deleteComment(ws, tableId, threadId, c.id);
            } catch (e) {
              toast.error(messageOf(e));
              throw e;
            }
            await changed();
          }}
        >
          <p>It disappears for everybody. Replies to it stay.</p>
        </Confirm>
      )}
    </li>
  );
}
