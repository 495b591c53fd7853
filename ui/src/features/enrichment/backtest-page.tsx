import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { providersQuery, useProviderName } from '@/api/providers';
import { tableQuery } from '@/api/tables';
import type { Backtest, Column, EnrichmentConfig, EnrichmentStep, Table } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card, Page } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { cx } from '@/lib/cx';
import { count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { useDebounced } from '@/lib/use-debounced';
import { updateEnrichment } from './api/enrichment';
import { backtestQuery, replayEnrichment } from './api/backtest';
import { problemOf } from './config';
import { Changes, writesOf } from './components/changes';
import { Figures, Steps, Unknown } from './components/figures';
import { Waterfall } from './components/waterfall';

/** Another order, fewer steps, other conditions or validators of a column, tried over what its providers replied before. */
export function BacktestPage() {
  const ws = useWorkspaceId();
  const { tableId = '', columnId = '' } = useParams();
  const table = useQuery(tableQuery(ws, tableId));
  const column = table.data?.columns.find((c) => c.id === columnId);
  return (
    <Page
      wide
      title={column ? `Back-test of “${column.name}”` : 'Back-test'}
      text="Change the order, the steps or what they accept: the figures say what it would come to. Nobody is asked, and nothing is paid."
    >
      <Link
        to={`/w/${ws}/tables/${tableId}`}
        className="-mt-3 inline-flex w-fit items-center gap-1 text-ink-2 hover:text-ink"
      >
        <ArrowLeft size={14} /> {table.data?.name ?? 'The table'}
      </Link>
      {table.isPending && <SkeletonRows rows={6} />}
      {table.isError && <Notice tone="danger">{messageOf(table.error)}</Notice>}
      {table.data && !column?.enrichment && <Notice>This column has no enrichment to be tried.</Notice>}
      {table.data && column?.enrichment && (
        <Trial key={columnId} ws={ws} table={table.data} column={column} own={column.enrichment} />
      )}
    </Page>
  );
}

/** How long the steps must stand still before the figures move. */
const SETTLE_MS = 400;

function Trial({ ws, table, column, own }: { ws: string; table: Table; column: Column; own: EnrichmentConfig }) {
  const providers = useQuery(providersQuery);
  const nameOf = useProviderName();
  const [config, setConfig] = useState(own);
  const [dropped, setDropped] = useState<EnrichmentStep[]>([]);
  const problem = problemOf(config, providers.data ?? []);
  const settled = useDebounced(config, SETTLE_MS);
  const tried = useQuery({
    ...backtestQuery(ws, table.id, column.id, settled),
    enabled: providers.isSuccess && problemOf(settled, providers.data) === null,
  });
  const moving = tried.isFetching || settled !== config;
  const steps = (next: EnrichmentStep[]): void => {
    if (next.length < config.steps.length) setDropped([...dropped, ...config.steps.filter((s) => !next.includes(s))]);
    setConfig({ ...config, steps: next });
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
      <div className="flex flex-col gap-3">
        {providers.data && (
          <Waterfall workspaceId={ws} table={table} providers={providers.data} steps={config.steps} onChange={steps} />
        )}
        {dropped.length > 0 && (
          <LeftOut
            steps={dropped}
            nameOf={nameOf}
            onBack={(step) => {
              setDropped(dropped.filter((s) => s !== step));
              setConfig({ ...config, steps: [...config.steps, step] });
            }}
          />
        )}
        <Button
          variant="ghost"
          className="w-fit"
          icon={<RotateCcw size={14} />}
          disabled={config === own}
          onClick={() => {
            setConfig(own);
            setDropped([]);
          }}
        >
          As the column has it
        </Button>
        {tried.data && (
          <Apply
            ws={ws}
            table={table}
            column={column}
            config={config}
            result={tried.data}
            ready={!moving && problem === null && !tried.isError}
          />
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-5">
        {problem && <Notice tone="warning">{problem}</Notice>}
        {tried.isError && <Notice tone="danger">{messageOf(tried.error)}</Notice>}
        {tried.isPending && !problem && <SkeletonRows rows={8} />}
        {tried.data && (
          <div aria-live="polite" aria-busy={moving} className={cx('flex flex-col gap-5', moving && 'opacity-60')}>
            <Found result={tried.data} nameOf={nameOf} />
          </div>
        )}
      </div>
    </div>
  );
}

function LeftOut({
  steps,
  nameOf,
  onBack,
}: {
  steps: EnrichmentStep[];
  nameOf: (slug: string) => string;
  onBack: (step: EnrichmentStep) => void;
}) {
  return (
    <section aria-label="Left out" className="rounded-md border border-dashed border-line px-3 py-2">
      <h3 className="text-sm font-semibold text-ink-2">Left out</h3>
      <ul>
        {steps.map((step, i) => (
          <li key={`${step.provider}/${String(i)}`} className="flex items-center justify-between gap-2 py-1">
            <span className="min-w-0 truncate">{nameOf(step.provider)}</span>
            <Button size="sm" onClick={() => onBack(step)}>
              Put back
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Found({ result, nameOf }: { result: Backtest; nameOf: (slug: string) => string }) {
  return (
    <>
      <Card
        flush
        title="What it comes to"
        text={
          result.complete
            ? `From recorded replies, over all ${plural(result.rows_all, 'row')}`
            : `From recorded replies, over the first ${count(result.rows_seen)} of ${plural(result.rows_all, 'row')}`
        }
      >
        <Figures result={result} />
        {result.then.unknown > 0 && (
          <div className="border-t border-line p-4">
            <Unknown tally={result.then} />
          </div>
        )}
      </Card>
      <Card flush title="Step by step">
        <Steps tally={result.then} nameOf={nameOf} />
      </Card>
      <Card flush title="Cells that change" text="If it is applied to the recorded answers">
        <Changes result={result} nameOf={nameOf} />
      </Card>
    </>
  );
}

interface ApplyProps {
  ws: string;
  table: Table;
  column: Column;
  config: EnrichmentConfig;
  result: Backtest;
  ready: boolean;
}

/** Saves the waterfall: for what is asked from now on, or for what is recorded too. */
function Apply({ ws, table, column, config, result, ready }: ApplyProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const can = useCan(ws);
  const [asking, setAsking] = useState(false);
  const writes = writesOf(result);
  const same = config === column.enrichment;
  const changed = () => client.invalidateQueries({ queryKey: tableQuery(ws, table.id).queryKey });
  const save = useMutation({
    mutationFn: () => updateEnrichment(ws, table.id, column.id, config),
    onSuccess: async () => {
      await changed();
      toast.success('Saved. Cells stay as they are until the column is run.');
    },
    onError: (e) => toast.error(messageOf(e)),
  });
  const replay = async (): Promise<void> => {
    try {
      const job = await replayEnrichment(ws, table.id, column.id, config);
      void changed();
      await navigate(`/w/${ws}/jobs/${job.id}`);
    } catch (e) {
      toast.error(messageOf(e));
      throw e;
    }
  };
  if (!can('tables.manage')) return <Notice>Only who may change tables can apply it.</Notice>;
  return (
    <div className="flex flex-wrap gap-2">
      <Button busy={save.isPending} disabled={!ready || same} onClick={() => save.mutate()}>
        Save for the next run
      </Button>
      <Button variant="primary" disabled={!ready || writes === 0} onClick={() => setAsking(true)}>
        {result.complete ? `Apply to ${plural(writes, 'cell')}` : 'Apply to all cells'}
      </Button>
      {asking && (
        <Confirm title="Apply to recorded answers?" action="Apply" onConfirm={replay} onClose={() => setAsking(false)}>
          <p>{summary(result)}</p>
          <p>Nobody is asked and no credits are spent. One undo in the table takes it back, the column’s change too.</p>
        </Confirm>
      )}
    </div>
  );
}

function summary({ effects, complete, rows_seen: seen }: Backtest): string {
  const parts = [
    effects.changed && `${plural(effects.changed, 'cell gets', 'cells get')} another answer`,
    effects.gained && `${plural(effects.gained, 'empty cell gets', 'empty cells get')} an answer`,
    effects.lost && plural(effects.lost, 'cell loses its answer', 'cells lose their answers'),
  ].filter(Boolean);
  return `${complete ? '' : `Of the first ${count(seen)} rows, `}${parts.join(', ')}. What was written by hand stays.`;
}
