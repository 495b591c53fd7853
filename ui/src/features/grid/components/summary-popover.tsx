import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { ColumnSummary } from '@/api/types';
import { Popover } from '@/components/popover';
import { Notice, Skeleton } from '@/components/states';
import { isNumeric, type CellValue, type Column } from '@/grid/model';
import { formatValue } from '@/grid/values';
import { count } from '@/lib/format';
import { columnSummary } from '../api/rows';
import { withCondition } from '../filters';
import { useViews } from '../view-state';
import type { ColumnMenuProps } from './column-menu';

const share = (n: number, of: number): string => (of === 0 ? '0 %' : `${((100 * n) / of).toFixed(n === of ? 0 : 1)} %`);

/** What the column's values come to in the rows that are shown: counts, sums, their spread or the most frequent. */
export function SummaryPopover({ workspaceId: ws, table, state, page, column, anchor, onClose }: ColumnMenuProps) {
  const change = useViews((s) => s.change);
  const summary = useQuery({
    queryKey: ['column-summary', ws, table.id, column.id, page.query.filter, page.query.q],
    queryFn: () => columnSummary(ws, table.id, column.id, page.query),
    staleTime: 0,
  });
  const only = (value: CellValue): void => {
    const op = column.type === 'multi_select' ? 'contains' : 'is';
    change(table.id, { filter: withCondition(state.filter, { column: column.id, op, value }) });
    onClose();
  };
  const { data } = summary;
  return (
    <Popover anchor={anchor} label={`Summary of ${column.name}`} onClose={onClose} className="w-72 p-3">
      <h2 className="mb-2 truncate font-semibold" tabIndex={-1} data-autofocus="">
        {column.name}
      </h2>
      {summary.isPending && <Skeleton className="h-32" />}
      {summary.isError && <Notice tone="danger">{messageOf(summary.error)}</Notice>}
      {data && <Facts column={column} summary={data} />}
      {data?.histogram && <Histogram column={column} summary={data} />}
      {data?.top?.some((v) => v.count > 1) && <Top column={column} summary={data} onPick={only} />}
    </Popover>
  );
}

function Facts({ column, summary: s }: { column: Column; summary: ColumnSummary }) {
  const shown = (v: unknown): string => formatValue(column, v as CellValue);
  const facts: [string, string][] = [
    ['Rows', count(s.rows)],
    ['Filled', `${count(s.filled)} (${share(s.filled, s.rows)})`],
    ['Empty', count(s.rows - s.filled)],
    ['Different values', count(s.distinct)],
  ];
  if (s.sum !== undefined && isNumeric(column.type)) facts.push(['Sum', shown(s.sum)], ['Average', shown(s.average)]);
  if (s.min !== undefined) facts.push(['Smallest', shown(s.min)], ['Largest', shown(s.max)]);
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-base">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-3">{name}</dt>
          <dd className="tnum truncate text-right" title={value}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Histogram({ column, summary: s }: { column: Column; summary: ColumnSummary }) {
  const buckets = s.histogram ?? [];
  const most = Math.max(1, ...buckets.map((b) => b.count));
  const from = (i: number): string => formatValue(column, (buckets[i]?.from ?? s.max ?? null) as CellValue);
  return (
    <figure className="mt-3" aria-label={`Spread of ${column.name}`}>
      <div className="flex h-16 items-end gap-px border-b border-line">
        {buckets.map((b, i) => (
          <div
            key={i}
            className="flex-1 rounded-t-sm bg-primary"
            style={{ height: b.count === 0 ? 0 : `${String(Math.max(3, (100 * b.count) / most))}%` }}
            title={`${from(i)} to ${from(i + 1)}: ${count(b.count)}`}
          />
        ))}
      </div>
      <figcaption className="mt-1 flex justify-between text-xs text-ink-3">
        <span>{from(0)}</span>
        <span>{from(buckets.length)}</span>
      </figcaption>
    </figure>
  );
}

function Top({
  column,
  summary: s,
  onPick,
}: {
  column: Column;
  summary: ColumnSummary;
  onPick: (value: CellValue) => void;
}) {
  return (
    <section className="mt-3" aria-label="Most frequent values">
      <h3 className="mb-1 text-sm font-semibold text-ink-2">Most frequent</h3>
      <ul>
        {(s.top ?? []).map((v, i) => (
          <li key={i}>
            <button
              type="button"
              className="relative flex w-full items-center gap-2 rounded-md px-1.5 py-0.5 text-left hover:bg-hover"
              title="Show only these rows"
              onClick={() => onPick(v.value as CellValue)}
            >
              <span
                aria-hidden
                className="absolute inset-y-0.5 left-0 rounded-md bg-primary/10"
                style={{ width: `${String((100 * v.count) / Math.max(1, s.filled))}%` }}
              />
              <span className="relative min-w-0 flex-1 truncate">{label(column, v.value as CellValue)}</span>
              <span className="tnum relative text-sm text-ink-3">{share(v.count, s.filled)}</span>
              <span className="tnum relative text-sm">{count(v.count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function label(column: Column, value: CellValue): string {
  if (column.type === 'boolean') return value === true ? 'Checked' : 'Not checked';
  return typeof value === 'string' ? value : formatValue(column, value);
}
