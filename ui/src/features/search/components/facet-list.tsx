import { Check } from 'lucide-react';
import { cx } from '@/lib/cx';
import { count } from '@/lib/format';
import { Shown } from '@/components/shown';

export interface FacetValue {
  value: string;
  label: string;
  count: number | null;
}

/** The values of one facet; the chosen ones narrow the search. */
export function FacetList({
  label,
  values,
  chosen,
  onToggle,
}: {
  label: string;
  values: FacetValue[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}) {
  if (values.length === 0) return null;
  return (
    <fieldset>
      <legend className="mb-1 px-2 text-sm font-medium text-ink-3">{label}</legend>
      {values.map((v) => {
        const on = chosen.includes(v.value);
        return (
          <label
            key={v.value}
            className={cx(
              'flex h-7 cursor-pointer items-center gap-2 rounded-md px-2 has-focus-visible:outline-2 has-focus-visible:outline-primary',
              on ? 'bg-primary-soft text-primary-ink' : 'hover:bg-hover',
            )}
          >
            <input type="checkbox" className="sr-only" checked={on} onChange={() => onToggle(v.value)} />
            <span className="min-w-0 flex-1 truncate">
              <Shown text={v.label} />
            </span>
            {on && <Check size={13} aria-hidden />}
            {v.count !== null && <span className="tnum text-sm text-ink-3">{count(v.count)}</span>}
          </label>
        );
      })}
    </fieldset>
  );
}
