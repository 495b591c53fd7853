import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { figuresQuery, retryFailures } from '@/api/jobs';
import { useProviderName } from '@/api/providers';
import type { Job, JobFigures } from '@/api/types';
import { Button } from '@/components/button';
import { Failure } from '@/components/failure';
import { Card, DataTable, Td } from '@/components/page';
import { Progress } from '@/components/states';
import { count, creditsLabel, dollars, plural } from '@/lib/format';

const ENDED = ['completed', 'partially_completed', 'failed', 'cancelled'];

/** What each provider did in a run, while it runs and after, and why records failed. */
export function JobFigureCards({
  ws,
  job,
  canRun,
  onShow,
}: {
  ws: string;
  job: Job;
  canRun: boolean;
  onShow: (message: string) => void;
}) {
  const { data } = useQuery(figuresQuery(ws, job));
  if (!data) return null;
  return (
    <>
      {(data.providers ?? []).length > 0 && <Providers providers={data.providers ?? []} />}
      {(data.failures ?? []).length > 0 && (
        <Failures ws={ws} job={job} failures={data.failures ?? []} canRun={canRun} onShow={onShow} />
      )}
    </>
  );
}

type ProviderFigures = NonNullable<JobFigures['providers']>[number];
type FailureFigures = NonNullable<JobFigures['failures']>[number];

/** In credits, or on the vendor's bill where that is what it costs. */
function costOf({ credits_mc, cost_usd_micros = 0 }: ProviderFigures): string {
  if (credits_mc > 0) return creditsLabel(credits_mc);
  return cost_usd_micros > 0 ? dollars(cost_usd_micros) : 'Free';
}

function Providers({ providers }: { providers: ProviderFigures[] }) {
  const nameOf = useProviderName();
  return (
    <Card title="Providers" flush>
      <DataTable
        label="Providers of the run"
        head={[
          'Provider',
          { text: 'Asked', numeric: true },
          { text: 'Found', numeric: true },
          { text: 'Hit rate', wide: true },
          { text: 'Failed', numeric: true },
          { text: 'Calls', numeric: true, wide: true },
          { text: 'Cost', numeric: true },
        ]}
      >
        {providers.map((p) => (
          <tr key={p.provider}>
            <Td className="font-medium">{nameOf(p.provider)}</Td>
            <Td numeric>{count(p.asked)}</Td>
            <Td numeric>{count(p.found)}</Td>
            <Td className="w-40">
              <span className="flex items-center gap-2">
                <Progress value={p.asked ? p.found / p.asked : 0} label={`Hit rate of ${nameOf(p.provider)}`} />
                <span className="tnum w-12 shrink-0 text-right text-sm">
                  {p.asked ? Math.round((100 * p.found) / p.asked) : 0} %
                </span>
              </span>
            </Td>
            <Td numeric>{count(p.failed)}</Td>
            <Td numeric>{count(p.calls)}</Td>
            <Td numeric className="whitespace-nowrap">
              {costOf(p)}
            </Td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}

function Failures({
  ws,
  job,
  failures,
  canRun,
  onShow,
}: {
  ws: string;
  job: Job;
  failures: FailureFigures[];
  canRun: boolean;
  onShow: (message: string) => void;
}) {
  const client = useQueryClient();
  const nameOf = useProviderName();
  const retry = useMutation({
    mutationFn: (message: string) => retryFailures(ws, job.id, message),
    onSettled: () => client.invalidateQueries({ queryKey: ['jobs', ws] }),
  });
  return (
    <Card title="Why records failed" flush>
      <ul aria-label="Reasons of failures">
        {failures.map((f) => (
          <li
            key={f.message}
            className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5 last:border-0"
          >
            <Failure message={f.message || 'no reason was given'} nameOf={nameOf} className="min-w-0 flex-1 basis-60" />
            <Button size="sm" variant="ghost" onClick={() => onShow(f.message)}>
              {plural(f.records, 'record')}
            </Button>
            {canRun && ENDED.includes(job.state) && (
              <Button
                size="sm"
                icon={<RotateCcw size={13} />}
                busy={retry.isPending && retry.variables === f.message}
                onClick={() => retry.mutate(f.message)}
              >
                Retry these
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
