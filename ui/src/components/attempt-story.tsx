import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { Attempt, StoryStep } from '@/api/types';
import { count, dollars, milliseconds, plural } from '@/lib/format';
import { Shown } from './shown';
import { Spinner } from './spinner';
import { Notice } from './states';

/** Where the stories of a record's attempts are read. */
export interface StorySource {
  key: readonly string[];
  load: () => Promise<{ attempt: number; steps: StoryStep[] }[]>;
}

const DONE: Record<string, string> = {
  search: 'Searched for',
  read: 'Read',
  cell: 'Looked at the cell',
  answer: 'Answered',
};

/** What an attempt cost at a vendor that charges by use. */
export function attemptBill({ tokens_in = 0, tokens_out = 0, cost_usd_micros = 0 }: Partial<Attempt>): string {
  const tokens = tokens_in + tokens_out > 0 ? `${count(tokens_in)} + ${count(tokens_out)} tokens` : '';
  return [tokens, cost_usd_micros > 0 ? dollars(cost_usd_micros) : ''].filter(Boolean).join(' · ');
}

/** How an answer was worked out, step by step: with the attempt, or read when it is opened. */
export function AttemptStory({ attempt, index, source }: { attempt: Attempt; index: number; source?: StorySource }) {
  const [open, setOpen] = useState(false);
  const given = attempt.story ?? undefined;
  const stories = useQuery({
    queryKey: ['stories', ...(source?.key ?? [])],
    queryFn: async () => (await source?.load()) ?? [],
    enabled: open && !given && source !== undefined,
    meta: { quiet: true },
  });
  const steps = given ?? stories.data?.find((s) => s.attempt === index)?.steps;
  return (
    <details className="w-full pl-6" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary className="cursor-pointer text-sm text-primary-ink">
        How it was worked out: {plural(attempt.steps ?? 0, 'step')}
      </summary>
      {stories.isFetching && <Spinner />}
      {stories.isError && <Notice tone="danger">The steps could not be loaded.</Notice>}
      {!steps && !stories.isFetching && !stories.isError && open && (
        <p className="mt-1 text-sm text-ink-3">The steps are not kept any more.</p>
      )}
      {steps && (
        <ol aria-label="Steps" className="mt-2 flex flex-col gap-2 border-l border-line pl-3">
          {steps.map((step, i) => (
            <Step key={i} step={step} />
          ))}
        </ol>
      )}
    </details>
  );
}

function Step({ step }: { step: StoryStep }) {
  const why = member(step.said, 'why');
  return (
    <li className="flex flex-col gap-0.5 text-sm">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{DONE[step.tool ?? ''] ?? 'Wrote something else'}</span>
        {step.subject && <span className="min-w-0 break-words">{step.subject}</span>}
        <span className="ml-auto text-ink-3">
          {[attemptBill(step), milliseconds(step.took_ms)].filter(Boolean).join(' · ')}
        </span>
      </div>
      {why && <p className="text-ink-2">{why}</p>}
      {step.error && <p className="text-danger-ink">{step.error}</p>}
      {(step.result ?? (step.tool === 'answer' ? step.said : '')) !== '' && (
        <details>
          <summary className="cursor-pointer text-ink-3">
            {step.tool === 'answer' ? 'The answer as it was written' : 'What the model was told'}
          </summary>
          <pre className="mt-1 max-h-60 overflow-auto rounded-md bg-sunken p-2 text-xs whitespace-pre-wrap">
            <Shown text={pretty(step.result ?? step.said)} lines />
          </pre>
        </details>
      )}
      {step.cut && <p className="text-ink-3">Too long to be kept whole, or not to be kept by the vendor’s terms.</p>}
    </li>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
function member(text: string, name: string): string {
  const value = parsed(text);
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'string' ? found : '';
}
function pretty(text: string): string {
  const value = parsed(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}
