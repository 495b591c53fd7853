import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, Play } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { ApiError, messageOf } from '@/api/errors';
import { providersQuery, useProviderName } from '@/api/providers';
import type { CellValue, EnrichmentConfig, PreviewAnswer } from '@/api/types';
import { AttemptList } from '@/components/attempt-list';
import { Button, IconButton } from '@/components/button';
import { Failure } from '@/components/failure';
import { Checkbox, Select } from '@/components/field';
import { Shown } from '@/components/shown';
import { Badge, Notice } from '@/components/states';
import { plainText } from '@/grid/values';
import { creditsLabel, plural } from '@/lib/format';
import { previewEnrichment } from '../api/enrichment';

/** A row that the enrichment can be tried on, with the name that people know it by. */
export interface TryRow {
  id: string;
  name: string;
}

export interface TryConsoleProps {
  workspaceId: string;
  tableId: string;
  config: EnrichmentConfig;
  ready: boolean;
  /** The row of the selection, the selected rows and the first rows of the view, in this order. */
  choices: { label: string; rows: TryRow[] }[];
  /** What picking a value in a step's answer does; nothing where the step's fields are fixed. */
  onPick: (step: number) => ((path: string, value: CellValue) => void) | undefined;
  onAnswer: (answer: PreviewAnswer) => void;
}

interface Tried {
  row: TryRow;
  answer?: PreviewAnswer;
  error?: unknown;
}

/** Asks the providers for chosen rows and shows each request and answer. No cell is changed. */
export function TryConsole({ workspaceId, tableId, config, ready, choices, onPick, onAnswer }: TryConsoleProps) {
  const price = usePrice(config);
  const [choice, setChoice] = useState(0);
  const [callPaid, setCallPaid] = useState(false);
  const [open, setOpen] = useState(false);
  const [tried, setTried] = useState<Tried[]>([]);
  const queries = useQueryClient();
  const rows = (choices[choice] ?? choices[0])?.rows ?? [];
  const run = useMutation({
    mutationFn: async (list: TryRow[]) => {
      setOpen(true);
      setTried([]);
      for (const row of list) {
        const one = await attempt(() => previewEnrichment(workspaceId, tableId, config, row.id, callPaid && price > 0));
        setTried((before) => [...before, { row, ...one }]);
        if (one.answer) onAnswer(one.answer);
        if (one.answer && one.answer.cost_mc > 0) void queries.invalidateQueries({ queryKey: ['credits'] });
      }
    },
    meta: { quiet: true },
  });
  return (
    <section aria-label="Preview" className="flex min-h-0 shrink-0 flex-col border-t border-line bg-sunken">
      <div className="flex items-center gap-2 px-3 py-2">
        <Select
          aria-label="Try on"
          className="min-w-0 flex-1"
          value={choice}
          disabled={rows.length === 0}
          onChange={(e) => setChoice(Number(e.target.value))}
        >
          {rows.length === 0 && <option value={0}>There is no row to try it on</option>}
          {choices.map((c, i) => c.rows.length > 0 && <option key={c.label} value={i}>{`Try on ${c.label}`}</option>)}
        </Select>
        <Button
          size="sm"
          icon={<Play size={13} />}
          busy={run.isPending}
          disabled={!ready || rows.length === 0}
          onClick={() => run.mutate(rows)}
        >
          Try
        </Button>
        {tried.length > 0 && (
          <IconButton
            label={open ? 'Hide the answers' : 'Show the answers'}
            size="sm"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {open ? <ChevronDown size={15} /> : <ChevronUp size={15} />}
          </IconButton>
        )}
      </div>
      {price > 0 && (
        <Checkbox
          className="px-3 pb-2 text-sm"
          checked={callPaid}
          onChange={(e) => setCallPaid(e.target.checked)}
          label={`Ask providers that cost credits too: up to ${creditsLabel(price * Math.max(1, rows.length))}`}
        />
      )}
      {open && (
        <ol aria-label="Answers" aria-live="polite" className="max-h-[45vh] overflow-y-auto border-t border-line">
          {tried.map((t) => (
            <Answer key={t.row.id} tried={t} workspaceId={workspaceId} only={tried.length === 1} onPick={onPick} />
          ))}
          {run.isPending && (
            <li className="px-3 py-2 text-ink-3">Asking for {plural(rows.length - tried.length, 'row')}…</li>
          )}
        </ol>
      )}
    </section>
  );
}

async function attempt(ask: () => Promise<PreviewAnswer>): Promise<Pick<Tried, 'answer' | 'error'>> {
  try {
    return { answer: await ask() };
  } catch (error) {
    return { error };
  }
}

/** The dearest answer that one row may cost. */
function usePrice(config: EnrichmentConfig): number {
  const providers = useQuery(providersQuery).data;
  return Math.max(0, ...config.steps.map((s) => providers?.find((p) => p.slug === s.provider)?.price_mc ?? 0));
}

function Answer({
  tried: { row, answer, error },
  workspaceId,
  only,
  onPick,
}: {
  tried: Tried;
  workspaceId: string;
  only: boolean;
  onPick: TryConsoleProps['onPick'];
}) {
  const nameOf = useProviderName();
  if (!answer) {
    return (
      <li className="p-3">
        <Notice tone="danger">
          {messageOf(error)}
          {error instanceof ApiError && error.status === 402 && (
            <Link to={`/w/${workspaceId}/credits`} className="ml-1 underline">
              Open Credits
            </Link>
          )}
        </Notice>
      </li>
    );
  }
  const found = answer.value !== null;
  return (
    <li className="border-b border-line last:border-0">
      <details open={only}>
        <summary className="flex cursor-pointer items-center gap-2 px-3 py-2">
          <span className="max-w-[40%] shrink-0 truncate text-ink-2">
            <Shown text={row.name} />
          </span>
          <span className={`min-w-0 flex-1 truncate ${found ? 'font-medium' : 'text-ink-3'}`}>
            <Shown text={found ? plainText(answer.value) : 'No result'} />
          </span>
          {found && answer.verified === false && <Badge tone="warning">Not verified</Badge>}
          <span className="shrink-0 text-sm text-ink-3">
            {answer.cost_mc > 0 ? creditsLabel(answer.cost_mc) : 'Free'}
          </span>
        </summary>
        <div className="flex flex-col gap-2 px-3 pb-3">
          {answer.message && <Failure message={answer.message} nameOf={nameOf} className="text-sm text-ink-2" />}
          <AttemptList
            attempts={answer.attempts ?? []}
            nameOf={nameOf}
            exchanges={answer.exchanges ?? []}
            pick={onPick}
          />
        </div>
      </details>
    </li>
  );
}
