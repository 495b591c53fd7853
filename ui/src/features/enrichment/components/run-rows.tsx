import { count, plural } from '@/lib/format';
import type { Among, Only, RunChoice } from '../run-request';

export interface RunRowsProps {
  choice: RunChoice;
  /** How many rows are selected, and how many a filter or search shows; null where none is on. */
  selected: number | null;
  shown: number | null;
  total: number;
  onChange: (choice: RunChoice) => void;
}

/** Among which rows a run looks, and which of them it is for. The whole table is a choice of its own while the view shows less. */
export function RunRows({ choice, selected, shown, total, onChange }: RunRowsProps) {
  const among: [Among, string][] = [];
  if (selected !== null) among.push(['selected', `Selected: ${plural(selected, 'row')}`]);
  if (shown === null) among.push(['shown', `All ${plural(total, 'row')}`]);
  else
    among.push(
      ['shown', `Shown by this view: ${plural(shown, 'row')}`],
      ['table', `Whole table: ${count(total)} rows`],
    );
  const only: [Only, string][] = [
    ['empty', 'Without a value'],
    ['failed', 'That failed'],
    ['all', 'All of them, also with a value'],
  ];
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Choice
        legend="Rows"
        name="among"
        options={among}
        value={choice.among}
        onChange={(a) => onChange({ ...choice, among: a })}
      />
      <Choice
        legend="Of these"
        name="only"
        options={only}
        value={choice.only}
        onChange={(o) => onChange({ ...choice, only: o })}
      />
    </div>
  );
}

function Choice<T extends string>({
  legend,
  name,
  options,
  value,
  onChange,
}: {
  legend: string;
  name: string;
  options: [T, string][];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium text-ink-2">{legend}</legend>
      {options.map(([option, label]) => (
        <label key={option} className="flex items-center gap-2">
          <input
            type="radio"
            name={name}
            className="accent-primary"
            checked={value === option}
            onChange={() => onChange(option)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
