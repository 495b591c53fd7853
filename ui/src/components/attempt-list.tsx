import type { Attempt, Exchange } from '@/api/types';
import { milliseconds, sentence } from '@/lib/format';
import { attemptBill, AttemptStory, type StorySource } from './attempt-story';
import { ExchangeView } from './exchange-view';
import type { Pick } from './json-tree';
import { Badge, type Tone } from './states';

const tones: Record<string, Tone> = {
  succeeded: 'success',
  failed: 'danger',
  error: 'danger',
  no_key: 'danger',
  rejected: 'warning',
  missing_input: 'warning',
  breaker_open: 'warning',
  unknown_outcome: 'warning',
  no_budget: 'warning',
};

export interface AttemptListProps {
  attempts: Attempt[];
  nameOf: (slug: string) => string;
  stories?: StorySource;
  exchanges?: Exchange[] | null | undefined;
  /** What picking a value of a step's JSON does; nothing where it can't be mapped. */
  pick?: ((step: number) => Pick | undefined) | undefined;
}

const WORDS: Record<string, string> = { not_found: 'No result' };

/** What each provider of a waterfall said, in the order they were asked, with the requests that were made. */
export function AttemptList({ attempts, nameOf, stories, exchanges, pick }: AttemptListProps) {
  if (attempts.length === 0) return null;
  return (
    <ol aria-label="Attempts" className="flex flex-col gap-1.5">
      {attempts.map((a, i) => (
        <li key={`${a.provider}/${String(i)}`} className="flex flex-wrap items-center gap-2">
          <span className="tnum w-4 text-sm text-ink-3">{i + 1}</span>
          <span className="font-medium">{nameOf(a.provider)}</span>
          <Badge tone={tones[a.status] ?? 'neutral'}>{WORDS[a.status] ?? sentence(a.status)}</Badge>
          {a.http_status !== undefined && <span className="tnum text-sm text-ink-3">HTTP {a.http_status}</span>}
          {a.from_cache && <Badge>From cache</Badge>}
          {a.repeated && (
            <Badge tone="warning">
              {(a.repeats ?? 1) > 1 ? `Possibly asked ${String((a.repeats ?? 1) + 1)} times` : 'Possibly asked twice'}
            </Badge>
          )}
          <span className="ml-auto text-sm text-ink-3">
            {[attemptBill(a), milliseconds(a.latency_ms)].filter(Boolean).join(' · ')}
          </span>
          {a.error && (
            <p className={`w-full pl-6 text-sm ${a.status === 'not_found' ? 'text-ink-3' : 'text-danger-ink'}`}>
              {a.error}
            </p>
          )}
          {(exchanges ?? [])
            .filter((x) => x.step === a.step)
            .map((x, n) => (
              <div key={n} className="w-full">
                <ExchangeView exchange={x} onPick={pick?.(a.step)} />
              </div>
            ))}
          {(a.steps ?? 0) > 0 && <AttemptStory attempt={a} index={i} {...(stories ? { source: stories } : {})} />}
        </li>
      ))}
    </ol>
  );
}
