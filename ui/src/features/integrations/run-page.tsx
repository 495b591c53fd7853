import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, Undo2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { SyncRun } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card, Page } from '@/components/page';
import { Badge, Notice, Progress, SkeletonRows } from '@/components/states';
import { count, dateTime, plural, sentence } from '@/lib/format';
import { capitalised } from '@/lib/run-scope';
import { cancelRun, fieldsQuery, reverseRun, runQuery, runSync, syncsQuery, vendorsQuery } from './api/integrations';
import { RecordList } from './components/record-list';
import { ReverseDialog } from './components/reverse-dialog';
import { gone, kindOf, runTones, summary } from './run-text';

/** A run: how far it is, what became of each record, and what can be done next. */
export function RunPage() {
  const ws = useWorkspaceId();
  const id = useParams()['runId'] ?? '';
  const can = useCan(ws);
  const client = useQueryClient();
  const run = useQuery(runQuery(ws, id));
  const vendors = useQuery(vendorsQuery);
  const mayRun = can('integrations.run');
  const label = useLabels(ws, run.data, mayRun);
  const vendor = vendors.data?.find((v) => v.slug === run.data?.vendor)?.name ?? 'the CRM';
  const state = run.data?.state;
  useEffect(() => {
    if (state && state !== 'running') void client.invalidateQueries({ queryKey: ['sync-records', ws, id] });
  }, [client, ws, id, state]);
  return (
    <Page
      wide
      title={run.data ? `${kindOf(run.data)}: ${run.data.name}` : 'Run'}
      text={run.data ? `${vendor}, began ${dateTime(run.data.started_at)}` : undefined}
      actions={run.data && mayRun && <Actions ws={ws} run={run.data} vendor={vendor} />}
    >
      <Link
        to={`/w/${ws}/integrations`}
        className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink"
      >
        <ArrowLeft size={14} /> Integrations
      </Link>
      {run.isPending && <SkeletonRows />}
      {run.isError && <Notice tone="danger">{messageOf(run.error)}</Notice>}
      {run.data && (
        <>
          <Summary ws={ws} run={run.data} vendor={vendor} />
          <RecordList key={id} ws={ws} run={run.data} labelOf={label} />
        </>
      )}
    </Page>
  );
}

/** The fields' labels; their names for who may not ask the CRM. */
function useLabels(ws: string, run: SyncRun | undefined, may: boolean): (field: string) => string {
  const syncs = useQuery({ ...syncsQuery(ws), enabled: may });
  const connection = syncs.data?.find((s) => s.id === run?.sync_id)?.connection_id ?? '';
  const fields = useQuery({ ...fieldsQuery(ws, connection, run?.object ?? ''), enabled: may && connection !== '' });
  return (field) => fields.data?.find((f) => f.name === field)?.label ?? field;
}

function Summary({ ws, run, vendor }: { ws: string; run: SyncRun; vendor: string }) {
  return (
    <Card>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center gap-2">
          <Badge tone={runTones[run.state]}>{sentence(run.state)}</Badge>
          <span className="tnum text-ink-2">
            {run.kind === 'pull'
              ? plural(gone(run), 'record')
              : `${count(gone(run))} of ${plural(Math.max(run.total, gone(run)), 'record')}`}
          </span>
          {run.reverses && (
            <Link to={`/w/${ws}/integrations/runs/${run.reverses}`} className="text-primary-ink underline">
              The push that it reverses
            </Link>
          )}
        </div>
        {run.state === 'running' && run.kind !== 'pull' && (
          <Progress value={run.total > 0 ? gone(run) / run.total : 0} label="Records gone through" />
        )}
        <p className="tnum text-md font-medium">{summary(run)}</p>
        {run.counts.fields > 0 && (
          <p className="text-sm text-ink-2">
            {plural(run.counts.fields, 'field value')} {run.dry ? 'would be changed' : 'changed'}.
            {run.dry && ` Nothing was written to ${run.kind === 'pull' ? 'the table' : vendor}.`}
            {!run.dry && run.kind === 'pull' && ' The table’s undo takes the whole pull back.'}
          </p>
        )}
        {run.kind === 'pull' && run.counts.conflicts > 0 && !run.dry && (
          <Link to={`/w/${ws}/integrations/syncs/${run.sync_id}/conflicts`} className="text-primary-ink underline">
            Decide the conflicts
          </Link>
        )}
        {run.waits_for && <Notice tone="warning">{`Waiting: ${run.waits_for}`}</Notice>}
        {run.reason && <Notice tone={run.state === 'failed' ? 'danger' : 'warning'}>{capitalised(run.reason)}</Notice>}
      </div>
    </Card>
  );
}

function Actions({ ws, run, vendor }: { ws: string; run: SyncRun; vendor: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'push' | 'reverse' | null>(null);
  const go = async (id: string): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['sync-runs', ws] });
    await navigate(`/w/${ws}/integrations/runs/${id}`);
  };
  const cancel = useMutation({
    mutationFn: () => cancelRun(ws, run.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sync-run', ws, run.id] }),
  });
  const push = useMutation({
    mutationFn: () =>
      run.kind === 'reverse'
        ? reverseRun(ws, run.reverses ?? '', false, run.archive_created ?? false)
        : runSync(ws, run.sync_id, run.kind === 'pull' ? 'pull' : 'push', false),
    onSuccess: go,
  });
  const reverse = useMutation({
    mutationFn: (how: { dry: boolean; archive: boolean }) => reverseRun(ws, run.id, how.dry, how.archive),
    onSuccess: go,
  });
  if (run.state === 'running') {
    return (
      <Button busy={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel
      </Button>
    );
  }
  const writes = run.counts.created + run.counts.updated + run.counts.archived;
  const verb = { push: 'Push now', pull: 'Pull now', reverse: 'Reverse now' }[run.kind];
  return (
    <>
      {run.dry && writes > 0 && (
        <Button variant="primary" onClick={() => setAsking('push')}>
          {verb}
        </Button>
      )}
      {!run.dry && run.kind === 'push' && writes > 0 && (
        <Button icon={<Undo2 size={14} />} onClick={() => setAsking('reverse')}>
          Reverse
        </Button>
      )}
      {asking === 'push' && (
        <Confirm title={`${verb}?`} action={verb} onConfirm={() => push.mutateAsync()} onClose={() => setAsking(null)}>
          <p>
            {summary(run)}. The values are read again before anything is written to{' '}
            {run.kind === 'pull' ? 'the table' : vendor}
            {run.kind === 'push' && ', and kept for half a year, so that the push can be reversed'}.
          </p>
        </Confirm>
      )}
      {asking === 'reverse' && (
        <ReverseDialog
          run={run}
          vendor={vendor}
          onReverse={(dry, archive) => reverse.mutateAsync({ dry, archive })}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
