import type { Backtest, Tally } from '@/api/types';
import { DataTable, Td } from '@/components/page';
import { Notice } from '@/components/states';
import { count, credits, creditsLabel, milliseconds, plural } from '@/lib/format';

/** A part of a whole in percent, "–" of nothing. */
export function share(part: number, whole: number): string {
  return whole ? `${((part / whole) * 100).toFixed(1)} %` : '–';
}

interface Figure {
  name: string;
  text: (t: Tally) => string;
}

const figures: Figure[] = [
  { name: 'Rows with an answer', text: (t) => `${count(t.found)} of ${count(t.rows)}` },
  { name: 'Coverage', text: (t) => share(t.found, t.rows) },
  { name: 'Hit rate of what is asked', text: (t) => share(t.found, t.asked) },
  { name: 'Verified answers', text: (t) => share(t.verified, t.found) },
  { name: 'Credits', text: (t) => credits(t.cost_mc) },
  { name: 'Credits for an answer', text: (t) => (t.found ? credits(t.cost_mc / t.found) : '–') },
  { name: 'On your own bills', text: (t) => (t.cost_usd_micros ? `$${(t.cost_usd_micros / 1e6).toFixed(4)}` : '–') },
  { name: 'Time of a row', text: (t) => (t.rows ? milliseconds(t.latency_ms / t.rows) : '–') },
];

/** What the waterfalls come to, beside each other: the column's own and the one that is tried. */
export function Figures({ result }: { result: Backtest }) {
  const { now, then } = result;
  return (
    <DataTable label="Figures" head={['', { text: 'Now', numeric: true }, { text: 'Then', numeric: true }]}>
      {figures
        .filter((f) => f.name !== 'On your own bills' || then.cost_usd_micros || now?.cost_usd_micros)
        .map((f) => (
          <tr key={f.name}>
            <th scope="row" className="px-3 py-2 pl-4 text-left font-normal text-ink-2">
              {f.name}
            </th>
            <Td numeric>{now ? f.text(now) : '–'}</Td>
            <Td numeric className="font-semibold">
              {f.text(then)}
            </Td>
          </tr>
        ))}
    </DataTable>
  );
}

/** Rows of which too little is recorded, kept apart from what is known. */
export function Unknown({ tally }: { tally: Tally }) {
  if (!tally.unknown) return null;
  const guess = tally.estimate;
  return (
    <Notice tone="warning">
      <p>
        <strong className="font-semibold">{plural(tally.unknown, 'row is', 'rows are')} not known.</strong> A step that
        decides them was never asked, so nothing is recorded. They are in none of the figures above.
      </p>
      {guess && (
        <p className="mt-1">
          Likely {plural(guess.found, 'more answer')} for {creditsLabel(guess.cost_mc)}, with{' '}
          {plural(guess.calls, 'call')}
          {guess.half_known
            ? '. For a step of which nothing is known yet, one answer in two calls was taken.'
            : ', by how often each step has found something.'}
        </p>
      )}
    </Notice>
  );
}

/** How each step does in the waterfall that is tried. */
export function Steps({ tally, nameOf }: { tally: Tally; nameOf: (slug: string) => string }) {
  return (
    <DataTable
      label="Steps"
      head={[
        'Step',
        { text: 'Asked', numeric: true },
        { text: 'Accepted', numeric: true },
        { text: 'Refused', numeric: true, wide: true },
        { text: 'No answer', numeric: true, wide: true },
        { text: 'Not known', numeric: true, wide: true },
        { text: 'Credits', numeric: true },
      ]}
    >
      {tally.steps.map((s, i) => (
        <tr key={`${s.provider}/${String(i)}`}>
          <Td className="min-w-36">{`${String(i + 1)}. ${nameOf(s.provider)}`}</Td>
          <Td numeric>{count(s.asked)}</Td>
          <Td numeric>{count(s.found)}</Td>
          <Td numeric>{count(s.rejected)}</Td>
          <Td numeric>{count(s.missed)}</Td>
          <Td numeric>{count(s.unknown)}</Td>
          <Td numeric>{credits(s.cost_mc)}</Td>
        </tr>
      ))}
    </DataTable>
  );
}
