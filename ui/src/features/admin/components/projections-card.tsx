import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Projection } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card, DataTable, Td } from '@/components/page';
import { Badge, Notice, Progress, SkeletonRows } from '@/components/states';
import { count } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { jobsQuery, keyOf, projectionsQuery, startJob } from '../api/admin';
import { Sparkline } from './sparkline';

/** How far each read model and reactor is, with the ways to prove one or make it anew. */
export function ProjectionsCard() {
  const looks = useQuery(projectionsQuery);
  const jobs = useQuery(jobsQuery);
  const client = useQueryClient();
  const [rebuilding, setRebuilding] = useState<Projection | null>(null);
  const busy = jobs.data?.some((j) => j.state === 'running') ?? false;
  const start = async (name: string, kind: 'rebuild' | 'verify'): Promise<void> => {
    try {
      await startJob(name, kind);
      toast.success(kind === 'rebuild' ? `${name} is being made anew.` : `${name} is being verified.`);
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    } finally {
      await client.invalidateQueries({ queryKey: ['admin'] });
    }
  };
  return (
    <Card title="Read models and reactors" text="Each follows the log by itself." flush>
      {looks.isPending && <SkeletonRows rows={8} />}
      {looks.isError && <Notice tone="danger">{messageOf(looks.error)}</Notice>}
      {looks.data && (
        <DataTable
          head={[
            'Name',
            'State',
            { text: 'Position', numeric: true, wide: true },
            'Behind',
            { text: 'Rate', numeric: true, wide: true },
            { text: '', wide: true },
          ]}
          label="Read models and reactors"
        >
          {looks.data.list.map((p) => (
            <tr key={keyOf(p)}>
              <Td>
                <span className="font-medium">{p.name}</span>{' '}
                <span className="text-sm text-ink-3">
                  {p.kind === 'reactor' ? 'reactor' : `version ${p.serving_version}`}
                </span>
              </Td>
              <Td>
                <State p={p} />
              </Td>
              <Td numeric className="whitespace-nowrap text-ink-2">
                {count(p.position)}
              </Td>
              <Td>
                <div className="flex items-center gap-2">
                  <Sparkline
                    values={looks.data.lags[keyOf(p)] ?? []}
                    label={`Events behind at the last looks, now ${count(p.lag)}`}
                  />
                  <span className="tnum text-sm whitespace-nowrap text-ink-2">
                    {p.lag === 0 ? '0' : `${count(p.lag)} · ${p.lag_seconds.toFixed(0)} s`}
                  </span>
                </div>
              </Td>
              <Td numeric className="text-sm whitespace-nowrap text-ink-2">
                {count(Math.round(p.rate))}/s
              </Td>
              <Td>
                {p.kind === 'projection' && (
                  <div className="flex justify-end gap-2">
                    <Button
                      size="sm"
                      disabled={busy}
                      onClick={() => void start(p.name, 'verify').catch(() => undefined)}
                    >
                      Verify
                    </Button>
                    <Button size="sm" disabled={busy} onClick={() => setRebuilding(p)}>
                      Rebuild…
                    </Button>
                  </div>
                )}
              </Td>
            </tr>
          ))}
        </DataTable>
      )}
      {rebuilding && (
        <Confirm
          title={`Rebuild ${rebuilding.name}?`}
          action="Rebuild"
          onConfirm={() => start(rebuilding.name, 'rebuild')}
          onClose={() => setRebuilding(null)}
        >
          <p>
            A new copy is filled from all {count(rebuilding.position)} events while the present one serves, then takes
            its place. It costs the database time and room; one job runs at a time.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function State({ p }: { p: Projection }) {
  if (p.building) {
    const { position, target, kind } = p.building;
    return (
      <div className="w-28">
        <p className="mb-1 text-xs text-ink-2">{kind === 'verify' ? 'Verifying' : 'Rebuilding'}</p>
        <Progress value={target > 0 ? position / target : 0} label={`${kind} of ${p.name}`} />
      </div>
    );
  }
  if (p.parked > 0) return <Badge tone="danger">{count(p.parked)} parked</Badge>;
  if (p.waiting) return <Badge tone="warning">Waits for {p.waiting}</Badge>;
  if (p.version !== p.serving_version) return <Badge tone="warning">Version {p.version} comes</Badge>;
  return p.lag_seconds > 60 ? <Badge tone="warning">Behind</Badge> : <Badge tone="success">Live</Badge>;
}
