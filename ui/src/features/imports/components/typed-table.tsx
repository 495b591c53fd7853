import { TriangleAlert } from 'lucide-react';
import type { Column, Import } from '@/api/types';
import { Select } from '@/components/field';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { isNumeric } from '@/grid/model';
import { TypeIcon } from '@/grid/type-icon';
import { cx } from '@/lib/cx';
import { spelled } from '@/lib/signs';
import { WRITTEN, type Target } from '../mapping';
import { booleansOf, emptyWords, localeOf, shapeOf, typedCell, withLocale } from '../typed-preview';

const ROWS = 5;

export interface TypedProps {
  file: Import;
  columns: Column[];
  targets: Target[];
  onChange: (targets: Target[]) => void;
}

/** The first rows as they will be in the table, and how the file writes its numbers, dates and yes or no. */
export function TypedTable({ file, columns, targets, onChange }: TypedProps) {
  const shown = (file.columns ?? []).flatMap((c, i) => {
    const target = targets[i] ?? { to: 'skip' as const };
    const shape = shapeOf(c, target, columns);
    return shape ? [{ at: i, shape, empty: emptyWords(c, target, shape.type) }] : [];
  });
  const records = (file.preview ?? []).slice(0, ROWS);
  if (shown.length === 0 || records.length === 0) return null;
  const booleans = [...booleansOf(file, targets, columns)];
  const choices = (['decimal', 'date_order'] as const).map((part) => ({
    part,
    label: part === 'decimal' ? 'Numbers are written' : 'Dates are written',
    now: localeOf(file, targets, columns, part),
  }));
  return (
    <Card
      title="How the first rows read"
      text="As they will be in the table. The whole file is checked before anything is imported."
      flush
    >
      {(booleans.length > 0 || choices.some((c) => c.now)) && (
        <div className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line px-4 py-2.5">
          {choices.map(
            ({ part, label, now }) =>
              now && (
                <label key={part} className="flex items-center gap-2">
                  <span className="text-sm text-ink-2">{label}</span>
                  <Select
                    className="!w-48"
                    value={now}
                    aria-invalid={now === 'open' || undefined}
                    onChange={(e) => onChange(withLocale(targets, columns, part, e.target.value))}
                  >
                    {now === 'open' && <option value="open">Choose…</option>}
                    {now === 'mixed' && <option value="mixed">Differently by column</option>}
                    {WRITTEN[part].map((o) => (
                      <option key={o.value} value={o.value}>
                        {o.label}
                      </option>
                    ))}
                  </Select>
                </label>
              ),
          )}
          {booleans.length > 0 && (
            <span className="text-sm text-ink-2">
              Yes or no: {booleans.map(([word, value]) => `“${word}” is ${value ? 'yes' : 'no'}`).join(', ')}
            </span>
          )}
        </div>
      )}
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="The first rows, typed">
        <table className="w-full text-left text-base">
          <thead>
            <tr className="border-b border-line bg-sunken text-sm text-ink-2">
              {shown.map(({ at, shape }) => (
                <th
                  key={at}
                  scope="col"
                  className={cx(
                    'px-3 py-1.5 font-medium whitespace-nowrap first:pl-4',
                    isNumeric(shape.type) && 'text-right',
                  )}
                >
                  <span className="inline-flex max-w-[180px] items-center gap-1.5">
                    <span className="text-ink-3">
                      <TypeIcon type={shape.type} />
                    </span>
                    <span className="truncate" title={spelled(shape.name)}>
                      <Shown text={shape.name} />
                    </span>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-0">
            {records.map((record, r) => (
              <tr key={r}>
                {shown.map(({ at, shape, empty }) => (
                  <Cell key={at} column={shape} text={record?.[at] ?? ''} empty={empty} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Cell({ column, text, empty }: { column: Column; text: string; empty: ReadonlySet<string> }) {
  const cell = typedCell(column, text, empty);
  const base = 'max-w-[220px] truncate px-3 py-1.5 first:pl-4';
  if (cell.is === 'empty') return <td className={base} />;
  if (cell.is === 'misfit') {
    return (
      <td className={cx(base, 'bg-warning-soft text-warning-ink')} title={spelled(cell.reason)}>
        <span className="inline-flex items-center gap-1">
          <TriangleAlert size={12} className="shrink-0" aria-label="Does not fit" />
          <Shown text={cell.text} />
        </span>
      </td>
    );
  }
  return (
    <td className={cx(base, isNumeric(column.type) && 'tnum text-right')}>
      <Shown text={cell.text} />
    </td>
  );
}
