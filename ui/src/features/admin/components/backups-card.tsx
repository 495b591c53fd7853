import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Backup, BackupStatus, OperationJob } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Dialog } from '@/components/dialog';
import { Card, DataTable, Td } from '@/components/page';
import { Spinner } from '@/components/spinner';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { ago, bytes, count, dateTime, seconds } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { backupsQuery, jobsQuery, startBackup, startDrill } from '../api/admin';

/** The backups that are kept, with the ways to take one and to prove that one can be restored. */
export function BackupsCard() {
  const backups = useQuery(backupsQuery);
  const jobs = useQuery(jobsQuery);
  const client = useQueryClient();
  const [drilling, setDrilling] = useState<Backup | null>(null);
  const [shown, setShown] = useState<Backup | null>(null);
  const running = jobs.data?.find((j) => j.state === 'running');
  const start = async (ask: () => Promise<void>, done: string): Promise<void> => {
    try {
      await ask();
      toast.success(done);
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    } finally {
      await client.invalidateQueries({ queryKey: ['admin'] });
    }
  };
  const status = backups.data;
  return (
    <Card
      title="Backups"
      text={status?.configured ? schedule(status) : 'Everything that can’t be made again, sealed.'}
      actions={
        status?.configured && (
          <Button
            size="sm"
            variant="primary"
            disabled={running !== undefined}
            onClick={() => void start(startBackup, 'A backup is being taken.').catch(() => undefined)}
          >
            Back up now
          </Button>
        )
      }
      flush
    >
      {backups.isPending && <SkeletonRows rows={3} />}
      {backups.isError && <Notice tone="danger">{messageOf(backups.error)}</Notice>}
      {status && !status.configured && (
        <p className="p-4 text-ink-2">
          No place for backups is set. Name a folder or a bucket in <code>MORKET_BACKUP_TARGET</code> and a passphrase
          in <code>MORKET_BACKUP_PASSPHRASE</code>, then start the server again; or run <code>morket backup FILE</code>.
        </p>
      )}
      <UnderWay job={running} step={status?.step} />
      {status?.configured && status.backups.length === 0 && <p className="p-4 text-ink-2">None has been taken yet.</p>}
      {status && status.backups.length > 0 && (
        <List list={status.backups} busy={running !== undefined} onDrill={setDrilling} onShow={setShown} />
      )}
      {drilling && (
        <Confirm
          title={`Run a restore drill of ${drilling.name}?`}
          action="Run the drill"
          onConfirm={() => start(() => startDrill(drilling.name), 'The drill is under way.')}
          onClose={() => setDrilling(null)}
        >
          <p>
            The backup is restored into a database of its own on the server, every read model is made from it, and all
            of it is verified; then it is removed. Nothing that serves is touched and nothing is sent. It takes
            processor time, and room for all data.
          </p>
        </Confirm>
      )}
      {shown && <Report of={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function schedule(s: BackupStatus): string {
  const when =
    s.every_seconds > 0 ? `One is taken every ${period(s.every_seconds)}` : 'They are taken when you ask for one';
  return s.every_seconds > 0 && s.drills ? `${when} and proved by a restore drill.` : `${when}.`;
}

function period(s: number): string {
  if (s % 86400 === 0) return s === 86400 ? 'day' : `${s / 86400} days`;
  if (s % 3600 === 0) return s === 3600 ? 'hour' : `${s / 3600} hours`;
  return s === 60 ? 'minute' : `${Math.round(s / 60)} minutes`;
}

/** What a backup or drill is doing. */
function UnderWay({ job, step }: { job: OperationJob | undefined; step: string | undefined }) {
  if (job?.kind !== 'backup' && job?.kind !== 'drill') return null;
  return (
    <div role="status" className="flex items-center gap-2.5 border-b border-line bg-sunken px-4 py-2.5 text-sm">
      <Spinner />
      <div className="min-w-0">
        <p>
          {job.kind === 'backup' ? 'A backup is being taken' : `Restore drill of ${job.backup ?? ''}`}, begun{' '}
          {ago(job.requested_at)}
        </p>
        {step && <p className="truncate text-ink-3">{step}</p>}
      </div>
    </div>
  );
}

interface ListProps {
  list: Backup[];
  busy: boolean;
  onDrill: (b: Backup) => void;
  onShow: (b: Backup) => void;
}

function List({ list, busy, onDrill, onShow }: ListProps) {
  return (
    <DataTable
      head={[
        'Taken',
        { text: 'Size', numeric: true },
        'Proved',
        { text: 'Position', numeric: true, wide: true },
        { text: 'History', wide: true },
        '',
      ]}
      label="Backups"
    >
      {list.map((b) => (
        <tr key={b.name}>
          <Td className="whitespace-nowrap">
            <span className="font-medium" title={dateTime(b.taken_at)}>
              {ago(b.taken_at)}
            </span>
          </Td>
          <Td numeric className="whitespace-nowrap text-ink-2">
            {bytes(b.bytes)}
          </Td>
          <Td>
            <Verdict of={b} onShow={onShow} />
          </Td>
          <Td numeric className="whitespace-nowrap text-ink-2">
            {count(b.position)}
          </Td>
          <Td className="text-sm whitespace-nowrap text-ink-3">{b.history.slice(0, 8)}</Td>
          <Td>
            <div className="flex justify-end">
              <Button
                size="sm"
                disabled={busy}
                aria-label={`Run a restore drill of ${b.name}`}
                onClick={() => onDrill(b)}
              >
                Drill…
              </Button>
            </div>
          </Td>
        </tr>
      ))}
    </DataTable>
  );
}

const verdicts = {
  good: { tone: 'success', text: 'Restores' },
  bad: { tone: 'danger', text: 'Does not hold' },
  unproved: { tone: 'neutral', text: 'Not yet' },
} as const;

function Verdict({ of: b, onShow }: { of: Backup; onShow: (b: Backup) => void }) {
  const v = verdicts[b.verdict];
  const badge = <Badge tone={v.tone}>{v.text}</Badge>;
  if (!b.report) return badge;
  return (
    <button
      type="button"
      className="rounded-md"
      aria-label={`${v.text}: show the drill of ${b.name}`}
      onClick={() => onShow(b)}
    >
      {badge}
    </button>
  );
}

function Report({ of: b, onClose }: { of: Backup; onClose: () => void }) {
  const good = b.verdict === 'good';
  return (
    <Dialog title={`Restore drill of ${b.name}`} description={dateTime(b.drilled_at)} onClose={onClose} size="lg">
      <Notice tone={good ? 'success' : 'danger'}>
        {good
          ? `The backup can be restored: everything was ready to serve after ${seconds(b.drill_seconds)}, and all that was verified held.`
          : 'The backup could not be restored as it should be. Take another one, and keep an older one until a drill has proved it.'}
      </Notice>
      <pre className="mt-3 overflow-x-auto text-xs whitespace-pre-wrap text-ink-2">{b.report}</pre>
    </Dialog>
  );
}
