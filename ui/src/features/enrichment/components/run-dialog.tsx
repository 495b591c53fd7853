import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useProviderName } from '@/api/providers';
import type { Estimate, Filter, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Checkbox, Field } from '@/components/field';
import { Notice, Skeleton } from '@/components/states';
import { creditsQuery } from '@/api/credits';
import { NumberInput } from '@/grid/typed-input';
import { credits, creditsLabel, dollars, plural } from '@/lib/format';
import { estimateRun, startRun } from '../api/enrichment';
import { firstChoice, runRequest, type RunChoice } from '../run-request';
import { RunRows } from './run-rows';

export interface RunDialogProps {
  workspaceId: string;
  table: Table;
  columnIds: string[];
  rowIds: string[] | null;
  query: { filter: Filter | null; q: string };
  /** How many rows the view shows. */
  shown: number;
  onClose: () => void;
}

/** Which rows are run and what that will cost, against the balance, before anything is spent. */
export function RunDialog({ workspaceId: ws, table, columnIds, rowIds, query, shown, onClose }: RunDialogProps) {
  const [choice, setChoice] = useState<RunChoice>(() => firstChoice(rowIds));
  const client = useQueryClient();
  const names = columnIds.map((id) => table.columns.find((c) => c.id === id)?.name ?? '').filter(Boolean);
  const request = runRequest({ tableId: table.id, columnIds, rowIds, filter: query.filter, q: query.q }, choice);
  const estimate = useQuery({
    queryKey: ['estimate', ws, request],
    queryFn: () => estimateRun(ws, request),
    staleTime: 0,
    retry: false,
  });
  const account = useQuery(creditsQuery(ws));
  const run = useMutation({
    mutationFn: () => startRun(ws, request),
    onSuccess: () => {
      onClose();
      void client.invalidateQueries({ queryKey: ['jobs', ws] });
    },
  });
  const available = account.data?.available_mc;
  const short = estimate.data && available !== undefined && estimate.data.likely_mc > available;
  return (
    <Dialog
      title={`Run ${names.join(', ') || 'enrichment'}`}
      size="md"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button
            variant="primary"
            icon={<Play size={14} />}
            busy={run.isPending}
            disabled={!estimate.data || estimate.data.records === 0}
            onClick={() => run.mutate()}
          >
            {estimate.data ? runLabel(estimate.data) : 'Run'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <RunRows
          choice={choice}
          selected={rowIds?.length ?? null}
          shown={query.filter !== null || query.q !== '' ? shown : null}
          total={table.row_count}
          onChange={setChoice}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Only the first" optional hint="rows; a small run shows the hit rate">
            {(ids) => (
              <NumberInput
                {...ids}
                whole
                min={1}
                value={choice.first}
                onChange={(first) => setChoice({ ...choice, first })}
              />
            )}
          </Field>
          <Field label="Spend at most" optional hint="credits; the run stops there">
            {(ids) => (
              <NumberInput {...ids} min={0} value={choice.cap} onChange={(cap) => setChoice({ ...choice, cap })} />
            )}
          </Field>
        </div>
        <Checkbox
          label="Don’t reuse earlier answers"
          hint="Providers are asked again, and every accepted answer is charged."
          checked={choice.force}
          onChange={(e) => setChoice({ ...choice, force: e.target.checked })}
        />
        {estimate.isPending && <Skeleton className="h-28" />}
        {estimate.isError && <Notice tone="danger">{messageOf(estimate.error)}</Notice>}
        {estimate.data && <EstimateCard estimate={estimate.data} available={available} />}
        {short && (
          <Notice tone="warning">
            The likely cost is more than the {creditsLabel(available)} you have. The run stops cleanly when they are
            used up.
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

function runLabel({ records, likely_mc, max_mc }: Estimate): string {
  const cost = max_mc === 0 ? 'free' : `about ${creditsLabel(likely_mc)}`;
  return records === 0 ? 'No rows to run' : `Run ${plural(records, 'record')} · ${cost}`;
}

function EstimateCard({ estimate, available }: { estimate: Estimate; available: number | undefined }) {
  const nameOf = useProviderName();
  const facts: [string, string][] = [
    ['At least', credits(estimate.min_mc)],
    ['Likely', credits(estimate.likely_mc)],
    ['At most', credits(estimate.max_mc)],
    ['You have', available === undefined ? '–' : credits(available)],
  ];
  return (
    <div className="rounded-md border border-line bg-sunken">
      <dl className="grid grid-cols-2 sm:grid-cols-4">
        {facts.map(([label, value], i) => (
          <div key={label} className={i === 1 ? 'bg-primary-soft px-3 py-2' : 'px-3 py-2'}>
            <dt className="text-sm text-ink-3">{label}</dt>
            <dd className="tnum text-lg font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      {(estimate.per_provider ?? []).length > 0 && (
        <ul className="border-t border-line px-3 py-2 text-sm text-ink-2">
          {(estimate.per_provider ?? []).map((p) => (
            <li key={p.provider} className="tnum flex justify-between py-0.5">
              <span>{nameOf(p.provider)}</span>
              <span>
                {plural(p.calls, 'call')} · {costOf(p)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {(estimate.max_usd_micros ?? 0) > 0 && (
        <p className="tnum border-t border-line px-3 py-2 text-sm text-ink-2">
          On your own bills with vendors that charge by use: about {rounded(estimate.likely_usd_micros)}, at most{' '}
          {rounded(estimate.max_usd_micros)}. A step’s budgets lower the limit.
        </p>
      )}
    </div>
  );
}

/** An estimate has two digits that say anything. */
function rounded(micros = 0): string {
  return dollars(Number(micros.toPrecision(2)));
}

function costOf({ likely_mc, likely_usd_micros = 0 }: NonNullable<Estimate['per_provider']>[number]): string {
  const parts = [
    likely_mc > 0 ? creditsLabel(likely_mc) : '',
    likely_usd_micros > 0 ? `about ${rounded(likely_usd_micros)}` : '',
  ];
  return parts.filter(Boolean).join(' · ') || 'free';
}
