import { ChevronLeft, ChevronRight, Pause, Play } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '@/components/button';
import { Shown } from '@/components/shown';
import { Spinner } from '@/components/spinner';
import { MomentInput } from '@/grid/typed-input';
import { cx } from '@/lib/cx';
import { described, stopAt, type Stop } from '../time-travel';

export interface TimeBarProps {
  stops: readonly Stop[];
  asOf: string;
  /** When the table as it is shown was changed last. */
  at: string;
  /** The table of the moment is not on the screen yet. */
  busy: boolean;
  onMoment: (asOf: string) => void;
}

/** How long a moment is shown while playing, and for how long the slider must stand still to be followed. */
const SHOWN_MS = 1200;
const STILL_MS = 250;

const COLOURS: Record<Stop['kind'], string> = {
  begin: 'bg-ink-3',
  edit: 'bg-primary',
  import: 'bg-success',
  run: 'bg-[var(--soft-violet-ink)]',
  structure: 'bg-warning',
  undo: 'bg-ink-3',
  restore: 'bg-danger',
};

/** Goes through a table's life: by a slider with a tick for each change, step by step, by itself, or to a date and time. */
export function TimeBar({ stops, asOf, at, busy, onMoment }: TimeBarProps) {
  const here = stopAt(stops, asOf);
  const [place, setPlace] = useState(here);
  const [from, setFrom] = useState(here);
  const [playing, setPlaying] = useState(false);
  const last = stops.length - 1;
  if (from !== here) {
    setFrom(here);
    setPlace(here);
  }
  // Dragging passes many moments; the one where it stops is read.
  useEffect(() => {
    const stop = stops[place];
    if (place === here || !stop) return;
    const timer = setTimeout(() => onMoment(stop.asOf), STILL_MS);
    return () => clearTimeout(timer);
  }, [place, here, stops, onMoment]);
  // At the end it stops, unless it is about to begin again.
  if (playing && here >= last && place >= last) setPlaying(false);
  useEffect(() => {
    const next = stops[here + 1];
    if (!playing || busy || !next) return;
    const timer = setTimeout(() => onMoment(next.asOf), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [playing, busy, here, stops, onMoment]);
  const move = (to: number): void => {
    setPlaying(false);
    setPlace(to);
  };
  const play = (): void => {
    if (!playing && here >= last) setPlace(0);
    setPlaying(!playing);
  };
  const current = stops[place];
  return (
    <section
      aria-label="Time travel"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2"
    >
      <div className="flex items-center gap-0.5">
        <IconButton label="Previous change" size="sm" disabled={place === 0} onClick={() => move(place - 1)}>
          <ChevronLeft size={15} />
        </IconButton>
        <IconButton label={playing ? 'Pause' : 'Play'} size="sm" active={playing} onClick={play}>
          {playing ? <Pause size={14} /> : <Play size={14} />}
        </IconButton>
        <IconButton label="Next change" size="sm" disabled={place >= last} onClick={() => move(place + 1)}>
          <ChevronRight size={15} />
        </IconButton>
      </div>
      <div className="relative min-w-40 flex-1">
        <input
          type="range"
          aria-label="Moment"
          aria-valuetext={described(current)}
          min={0}
          max={Math.max(last, 0)}
          value={place}
          onChange={(e) => move(Number(e.target.value))}
          className="block h-4 w-full cursor-pointer accent-primary"
        />
        <Ticks stops={stops} />
      </div>
      <MomentInput
        aria-label="Date and time"
        className="!h-7 !w-56 !text-sm"
        value={at.replace(/\.\d+/, '')} // to the second, as people write it
        check={(moment) => (Date.parse(moment) > Date.now() ? 'Choose a moment that is past.' : null)}
        onEnd={(moment) => onMoment(new Date(moment).toISOString())}
      />
      <p className="flex w-full items-center gap-1.5 truncate text-sm text-ink-2">
        {busy && <Spinner className="!size-3" />}
        <Shown text={described(current)} />
      </p>
    </section>
  );
}

/** A mark under the slider for each place, in the colour of what happened there. */
function Ticks({ stops }: { stops: readonly Stop[] }) {
  const last = Math.max(stops.length - 1, 1);
  return (
    <div aria-hidden className="relative mx-2 h-1.5">
      {stops.map((s, i) => (
        <span
          key={s.asOf}
          title={described(s)}
          className={cx('absolute top-0 h-1.5 w-0.5 -translate-x-1/2 rounded-full', COLOURS[s.kind])}
          style={{ left: `${String((i / last) * 100)}%` }}
        />
      ))}
    </div>
  );
}
