import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, CheckCheck } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card, Page } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { conflicts, fieldsQuery, resolveConflicts, syncsQuery } from './api/integrations';
import { ConflictItem } from './components/conflict-item';

type Side = 'ours' | 'theirs';

/** Records that were changed on both sides: which values hold is decided here, one by one or for all. */
export function ConflictsPage() {
  const ws = useWorkspaceId();
  const id = useParams()['syncId'] ?? '';
  const mayRun = useCan(ws)('integrations.run');
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<Side | null>(null);
  const syncs = useQuery(syncsQuery(ws));
  const sync = syncs.data?.find((s) => s.id === id);
  const fields = useQuery({
    ...fieldsQuery(ws, sync?.connection_id ?? '', sync?.object ?? ''),
    enabled: mayRun && sync !== undefined,
  });
  const labelOf = (name: string): string => fields.data?.find((f) => f.name === name)?.label ?? name;
  const list = useInfiniteQuery({
    queryKey: ['sync-conflicts', ws, id],
    queryFn: ({ pageParam }) => conflicts(ws, id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
  });
  const resolve = useMutation({
    mutationFn: (how: { take: Side; records?: string[] }) => resolveConflicts(ws, id, how.take, how.records),
    onSuccess: async (run) => {
      await client.invalidateQueries({ queryKey: ['sync-conflicts', ws, id] });
      await client.invalidateQueries({ queryKey: ['syncs', ws] });
      await navigate(`/w/${ws}/integrations/runs/${run}`);
    },
  });
  const found = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  const error = syncs.error ?? list.error;
  return (
    <Page
      wide
      title="Conflicts"
      text={`Records of “${sync?.name ?? 'the sync'}” that were changed on both sides. Both sides are read again when you decide.`}
      actions={
        mayRun &&
        found.length > 0 && (
          <>
            <Button disabled={resolve.isPending} onClick={() => setAsking('ours')}>
              Keep the table’s for all
            </Button>
            <Button disabled={resolve.isPending} onClick={() => setAsking('theirs')}>
              Take the CRM’s for all
            </Button>
          </>
        )
      }
    >
      <Link
        to={`/w/${ws}/integrations`}
        className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink"
      >
        <ArrowLeft size={14} /> Integrations
      </Link>
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      <Card title="To decide" flush>
        {list.isPending && !error && <SkeletonRows />}
        {list.isSuccess && found.length === 0 && (
          <Empty icon={<CheckCheck size={20} />} title="Nothing to decide" text="No record waits for a decision." />
        )}
        <ul>
          {found.map((c) => (
            <ConflictItem
              key={c.record_id}
              ws={ws}
              table={sync?.table_id ?? ''}
              conflict={c}
              labelOf={labelOf}
              busy={resolve.isPending}
              onDecide={mayRun ? (take) => resolve.mutate({ take, records: [c.record_id] }) : undefined}
            />
          ))}
        </ul>
        {list.hasNextPage && (
          <div className="border-t border-line p-3 text-center">
            <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show more
            </Button>
          </div>
        )}
      </Card>
      {asking && (
        <Confirm
          title={asking === 'ours' ? 'Keep the table’s values for all?' : 'Take the CRM’s values for all?'}
          action={asking === 'ours' ? 'Keep the table’s' : 'Take the CRM’s'}
          onConfirm={() => resolve.mutateAsync({ take: asking })}
          onClose={() => setAsking(null)}
        >
          <p>
            {asking === 'ours'
              ? 'The rows stay as they are. Fields that go both ways are written to the CRM by the next push.'
              : 'The rows get the CRM’s values. The table’s undo takes that back.'}
          </p>
        </Confirm>
      )}
    </Page>
  );
}
