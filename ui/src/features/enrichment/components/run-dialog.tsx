import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { useProviderName } from '@/api/providers';
import type { Estimate, Filter, RunRequest, RunScope, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Checkbox, Field } from '@/components/field';
import { Notice, Skeleton } from '@/components/states';
import { creditsQuery } from '@/api/credits';
import { NumberInput } from '@/grid/typed-input';
import { count, credits, creditsLabel, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { estimateRun, startRun } from '../api/enrichment';

export interface RunDialogProps {
  workspaceId: string;
  table: Table;
  columnIds: string[];
  rowIds: string[] | null;
  query: { filter: Filter | null };
  onClose: () => void;
}

/** Which rows are run and what that will cost, against the balance, before anything is spent. */
export function RunDialog({ workspaceId: ws, table, columnIds, rowIds, query, onClose }: RunDialogProps) {
  const [scope, setScope] = useState<RunScope>(rowIds ? 'rows' : 'empty');
  const [first, setFirst] = useState<number | null>(null);
  const [force, setForce] = useState(false);
  const [cap, setCap] = useState<number | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const names = columnIds.map((id) => table.columns.find((c) => c.id === id)?.name ?? '').filter(Boolean);

  const request: RunRequest = {
    table_id: table.id,
    columns: columnIds,
    scope,
    ...(scope === 'rows' && rowIds ? { row_ids: rowIds } : {}),
    ...(scope === 'filter' && query.filter ? { filter: query.filter } : {}),
    ...(first ? { first } : {}),
    ...(force ? { force } : {}),
    ...(cap !== null ? { max_credits_mc: Math.round(cap * 1000) } : {}),
  };
  const estimate = useQuery({
    queryKey: ['estimate', ws, request],
    queryFn: () => estimateRun(ws, request),
    staleTime: 0,
    retry: false,
  });
  const account = useQuery(creditsQuery(ws));
  const run = useMutation({
    mutationFn: () => startRun(ws, request),
    onSuccess: (job) => {
      onClose();
      void client.invalidateQueries({ queryKey: ['jobs', ws] });
      toast.success(`Running ${plural(job.counts.total || (estimate.data?.records ?? 0), 'record')}`, {
        label: 'Watch',
        run: () => void navigate(`/w/${ws}/jobs/${job.id}`),
      });
    },
  });
  const available = account.data?.available_mc;
  const short = estimate.data && available !== undefined && estimate.data.likely_mc > available;
  const scopes: { value: RunScope; label: string; shown: boolean }[] = [
    {
      value: 'rows',
      label: `The ${rowIds?.length === 1 ? 'selected row' : `${count(rowIds?.length ?? 0)} selected rows`}`,
      shown: rowIds !== null,
    },
    { value: 'empty', label: 'Rows without a value', shown: true },
    { value: 'failed', label: 'Rows that failed', shown: true },
    { value: 'filter', label: 'Rows that the filter shows', shown: query.filter !== null },
    { value: 'all', label: 'All rows', shown: true },
  ];
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
            Run {estimate.data ? plural(estimate.data.records, 'record') : ''}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 text-sm font-medium text-ink-2">Rows</legend>
          {scopes
            .filter((s) => s.shown)
            .map((s) => (
              <label key={s.value} className="flex items-center gap-2">
                <input
                  type="radio"
                  name="scope"
                  className="accent-primary"
                  checked={scope === s.value}
                  onChange={() => setScope(s.value)}
                />
                {s.label}
              </label>
            ))}
        </fieldset>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Only the first" optional hint="rows; a small run shows the hit rate">
            {(ids) => <NumberInput {...ids} whole min={1} value={first} onChange={setFirst} />}
          </Field>
          <Field label="Spend at most" optional hint="credits; the run stops there">
            {(ids) => <NumberInput {...ids} min={0} value={cap} onChange={setCap} />}
          </Field>
        </div>
        <Checkbox
          label="Run again even where there is a value"
          hint="Reused answers are not taken; every accepted answer is charged."
          checked={force}
          onChange={(e) => setForce(e.target.checked)}
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
                {plural(p.calls, 'call')} · {p.likely_mc === 0 ? 'free' : creditsLabel(p.likely_mc)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
