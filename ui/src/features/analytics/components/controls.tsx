import { X } from 'lucide-react';
import { useMemo } from 'react';
import { Select } from '@/components/field';
import { timeZones, zoneName } from '@/lib/time-zones';
import { DateInput } from '@/grid/typed-input';
import type { Asked, Filters } from '../api/analytics';
import { dims, ranges } from '../use-asked';

const labels: Record<string, string> = {
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  own: 'From … to …',
};

const DAY = 86_400_000;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

interface Props {
  asked: Asked;
  set: (changes: Record<string, string | undefined>) => void;
}

/** The range and the time zone in which its days begin. */
export function Controls({ asked, homeZone, set }: Props & { homeZone: string }) {
  const own = asked.from !== undefined;
  return (
    <div className="grid w-full grid-cols-2 items-end gap-2 sm:flex sm:w-auto sm:flex-wrap">
      <Select
        aria-label="Range"
        className="sm:!w-40"
        value={own ? 'own' : asked.range}
        onChange={(e) =>
          e.target.value === 'own'
            ? set({ from: `${day(Date.now() - 30 * DAY)}T00:00:00Z`, to: `${day(Date.now() + DAY)}T00:00:00Z` })
            : set({ range: e.target.value, from: undefined, to: undefined })
        }
      >
        {[...ranges, 'own'].map((r) => (
          <option key={r} value={r}>
            {labels[r]}
          </option>
        ))}
      </Select>
      {own && <OwnRange asked={asked} set={set} />}
      <Zone zone={asked.time_zone} home={homeZone} set={set} />
    </div>
  );
}

const MOST_DAYS = 365;

/** The range with one of its ends moved: the other follows where it must, since a range has a day or more and a year at most. */
export function moved(range: { from: string; to: string }, end: 'from' | 'to', date: string) {
  const at = Date.parse(`${date}T00:00:00Z`);
  const [nearest, farthest] = end === 'from' ? [at + DAY, at + MOST_DAYS * DAY] : [at - MOST_DAYS * DAY, at - DAY];
  const other = end === 'from' ? 'to' : 'from';
  const kept = Math.min(Math.max(Date.parse(range[other]), nearest), farthest);
  return { [end]: `${date}T00:00:00Z`, [other]: `${day(kept)}T00:00:00Z` };
}

function OwnRange({ asked, set }: Props) {
  const pick = (name: 'from' | 'to') => (
    <DateInput
      aria-label={name === 'from' ? 'From (UTC)' : 'To (UTC)'}
      className="w-full sm:w-40"
      value={asked[name]?.slice(0, 10) ?? ''}
      onEnd={(date) => set(moved({ from: asked.from ?? '', to: asked.to ?? '' }, name, date))}
    />
  );
  return (
    <>
      {pick('from')}
      {pick('to')}
    </>
  );
}

function Zone({ zone, home, set }: { zone: string; home: string; set: Props['set'] }) {
  const list = useMemo(() => timeZones(home, zone), [home, zone]);
  return (
    <Select
      aria-label="Time zone"
      className="sm:!w-48"
      value={zone}
      onChange={(e) => set({ zone: e.target.value === home ? undefined : e.target.value })}
    >
      {list.map((z) => (
        <option key={z} value={z}>
          {zoneName(z)}
          {z === home && ' (workspace)'}
        </option>
      ))}
    </Select>
  );
}

/** What the page is limited to; each can be taken away. */
export function Chips({
  filters,
  set,
  name,
}: {
  filters: Filters;
  set: Props['set'];
  name: (dim: string, key: string) => string;
}) {
  const active = dims.filter((d) => filters[d]);
  if (active.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5" aria-label="Limited to">
      {active.map((d) => (
        <li key={d}>
          <button
            type="button"
            className="inline-flex h-7 max-w-72 items-center gap-1.5 rounded-md bg-primary-soft px-2 text-sm font-medium text-primary-ink hover:bg-active"
            onClick={() => set(d === 'table' ? { table: undefined, column: undefined } : { [d]: undefined })}
            aria-label={`Remove the limit to the ${d} ${name(d, filters[d] ?? '')}`}
          >
            <span className="truncate">
              {d}: {name(d, filters[d] ?? '')}
            </span>
            <X size={13} aria-hidden className="shrink-0" />
          </button>
        </li>
      ))}
    </ul>
  );
}
