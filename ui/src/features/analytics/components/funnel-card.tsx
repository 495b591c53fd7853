import { messageOf } from '@/api/errors';
import { Card } from '@/components/page';
import { Notice, Progress, SkeletonRows } from '@/components/states';
import { count, credits, milliseconds } from '@/lib/format';
import { useAnswer, type Asked, type Funnel } from '../api/analytics';
import { percent } from './figures';

/** A column's waterfall: what each step was asked and how much of it was found. */
export function FunnelCard({ ws, asked, title }: { ws: string; asked: Asked; title: string }) {
  const answer = useAnswer<Funnel>(ws, 'enrichment/funnel', asked);
  const steps = answer.data?.steps ?? [];
  const cells = answer.data?.cells;
  return (
    <Card title={`Waterfall of ${title}`} text="What each step was asked, and how much of it was found there.">
      {answer.isPending && <SkeletonRows rows={3} />}
      {answer.isError && <Notice tone="danger">{messageOf(answer.error)}</Notice>}
      {answer.isSuccess && steps.length === 0 && <p className="text-ink-3">This column was not run in this range.</p>}
      {cells && steps.length > 0 && (
        <ol className="flex flex-col gap-3">
          {steps.map((s) => (
            <li key={`${s.step} ${s.provider}`} className="grid gap-1">
              <div className="flex flex-wrap justify-between gap-x-3 text-base">
                <span className="font-medium">
                  {s.step + 1}. {s.provider}
                </span>
                <span className="tnum text-sm text-ink-2">
                  {count(s.count - s.skipped)} asked · {count(s.hits)} found ({percent(s.hit_rate)}) ·{' '}
                  {milliseconds(s.latency_p50_ms)} · {credits(s.credits_mc)} credits
                </span>
              </div>
              <Progress
                value={cells.count ? s.hits / cells.count : 0}
                label={`Share of all cells that ${s.provider} found`}
                tone="success"
              />
            </li>
          ))}
          <li className="border-t border-line pt-3 text-sm text-ink-2">
            Of {count(cells.count)} cells {count(cells.hits)} were found ({percent(cells.hit_rate)}),{' '}
            {count(cells.empty)} stayed empty, {count(cells.failed)} failed.
          </li>
        </ol>
      )}
    </Card>
  );
}
