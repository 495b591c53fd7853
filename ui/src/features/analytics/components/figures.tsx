import type { ReactNode } from 'react';
import { count, credits, milliseconds } from '@/lib/format';
import type { PartColumn } from './parts-card';

export const percent = (share: number): string =>
  new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 }).format(share);

/** How a number has changed since the time before; empty when there is nothing to compare with. */
export function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? 'as before' : 'nothing before';
  const by = now / before - 1;
  return `${by > 0 ? '+' : ''}${percent(by)} against the time before`;
}

export function Tiles({ tiles }: { tiles: [label: string, value: ReactNode, hint: string][] }) {
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-surface shadow-sm lg:grid-cols-4">
      {tiles.map(([label, value, hint]) => (
        <div key={label} className="-mt-px -ml-px border-t border-l border-line p-4">
          <dt className="text-sm text-ink-2">{label}</dt>
          <dd className="tnum mt-0.5 text-xl font-semibold">{value}</dd>
          <dd className="text-sm text-ink-3">{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

export const cellColumns: PartColumn[] = [
  { head: 'Cells', cell: (p) => count(p.count) },
  { head: 'Found', cell: (p) => count(p.hits) },
  { head: 'Hit rate', cell: (p) => percent(p.hit_rate) },
  { head: 'Failed', cell: (p) => count(p.failed) },
  { head: 'Credits', cell: (p) => credits(p.credits_mc) },
];

export const fieldColumns: PartColumn[] = [
  { head: 'Values', cell: (p) => count(p.hits) },
  { head: 'Empty', cell: (p) => count(p.empty) },
];

export const providerColumns: PartColumn[] = [
  { head: 'Asked', cell: (p) => count(p.count - p.skipped) },
  { head: 'Hit rate', cell: (p) => percent(p.hit_rate) },
  { head: 'Failed', cell: (p) => count(p.failed) },
  { head: 'Calls', cell: (p) => count(p.calls) },
  { head: 'Repeats', cell: (p) => count(p.repeats) },
  { head: 'Median', cell: (p) => (p.calls ? milliseconds(p.latency_p50_ms) : '–') },
  { head: '95th', cell: (p) => (p.calls ? milliseconds(p.latency_p95_ms) : '–') },
  { head: 'Per hit', cell: (p) => credits(p.credits_per_hit_mc) },
  { head: 'Credits', cell: (p) => credits(p.credits_mc) },
];

export const creditColumns: PartColumn[] = [
  { head: 'Credits', cell: (p) => credits(p.credits_mc) },
  { head: 'Share', cell: (p, total) => (total.credits_mc ? percent(p.credits_mc / total.credits_mc) : '–') },
];
