import type { CellValue } from '@/api/types';
import { pathOf } from '@/lib/json-path';
import { Shown } from './shown';

const MOST_MEMBERS = 50;
const LONGEST = 300;

export type Pick = (path: string, value: CellValue) => void;

/** JSON as an indented list. With `onPick` each single value is a button that tells its path. */
export function JsonTree({ value, onPick }: { value: CellValue; onPick?: Pick | undefined }) {
  return (
    <div className="overflow-x-auto font-mono text-xs leading-5 text-ink-2">
      <Node value={value} path="$" onPick={onPick} />
    </div>
  );
}

function Node({ value, path, onPick }: { value: CellValue; path: string; onPick: Pick | undefined }) {
  if (typeof value !== 'object' || value === null) return <Leaf value={value} path={path} onPick={onPick} />;
  const list = Array.isArray(value);
  const members: [string | number, CellValue][] = list ? value.map((v, i) => [i, v]) : Object.entries(value);
  if (members.length === 0) return <span>{list ? '[]' : '{}'}</span>;
  const left = members.length - MOST_MEMBERS;
  return (
    <ul className="pl-3">
      {members.slice(0, MOST_MEMBERS).map(([key, member]) => (
        <li key={key} className="whitespace-nowrap">
          <span className="text-ink-3">
            <Shown text={list ? `${String(key)}:` : `${JSON.stringify(key).slice(1, -1)}:`} />
          </span>{' '}
          <Node value={member} path={pathOf(path, key)} onPick={onPick} />
        </li>
      ))}
      {left > 0 && <li className="text-ink-3">… {left} more</li>}
    </ul>
  );
}

function Leaf({ value, path, onPick }: { value: CellValue; path: string; onPick: Pick | undefined }) {
  const whole = JSON.stringify(value);
  const text = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
  if (!onPick || value === null) return <span className="text-ink">{<Shown text={text} />}</span>;
  return (
    <button
      type="button"
      title={`Map ${path} to a column`}
      aria-label={`Map ${path} to a column`}
      onClick={() => onPick(path, value)}
      className="rounded-sm px-0.5 text-left text-primary-ink hover:bg-primary-soft focus-visible:bg-primary-soft"
    >
      <Shown text={text} />
    </button>
  );
}
