import type { Column } from '@/api/types';
import type { DuplicateGroup } from '@/api/types-duplicates';
import { Shown } from '@/components/shown';
import { Badge } from '@/components/states';
import { cellText } from '@/grid/cell-text';
import { cx } from '@/lib/cx';
import { fieldsOf, sourceOf } from '../choice';

export interface Chosen {
  survivor: string;
  fields: Record<string, string>;
}

/** The rows of a group beside each other: which one stays, and whose values it takes over. */
export function GroupCard({
  group,
  columns,
  chosen,
  onChoose,
}: {
  group: DuplicateGroup;
  columns: Column[];
  chosen: Chosen;
  onChoose: (c: Chosen) => void;
}) {
  const cell = (column: Column, row: string): string => {
    const value = group.rows.find((r) => r.id === row)?.cells[column.id];
    return value === undefined || value === null ? '' : cellText(column, value);
  };
  return (
    <div className="flex flex-col gap-4">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Rows of group ${group.number}`}>
        <table className="w-full min-w-max text-left text-base">
          <thead>
            <tr className="border-b border-line">
              <th scope="col" className="w-28 px-3 py-2 text-sm font-medium text-ink-3">
                Keep
              </th>
              {group.rows.map((r, i) => (
                <th key={r.id} scope="col" className="px-2 py-2 font-normal">
                  <label className="flex items-center gap-2 whitespace-nowrap">
                    <input
                      type="radio"
                      name={`survivor-${group.number}`}
                      checked={chosen.survivor === r.id}
                      disabled={!r.present}
                      onChange={() => onChoose({ survivor: r.id, fields: {} })}
                    />
                    Row {i + 1}
                    {!r.present && <Badge>not in the table</Badge>}
                  </label>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {fieldsOf(group, columns).map(({ column, differs }) => {
              const from = chosen.fields[column.id] ?? sourceOf(group.rows, chosen.survivor, column.id);
              return (
                <tr key={column.id} className="border-b border-line last:border-0">
                  <th scope="row" className="max-w-28 truncate px-3 py-1.5 text-sm font-medium text-ink-2">
                    <Shown text={column.name} />
                  </th>
                  {group.rows.map((r, i) => {
                    const text = cell(column, r.id);
                    const taken = from === r.id;
                    if (!differs || !text || !r.present)
                      return (
                        <td key={r.id} className="max-w-64 truncate px-3 py-1.5 text-ink-2">
                          <Shown text={text} />
                        </td>
                      );
                    return (
                      <td key={r.id} className="px-1 py-1">
                        <button
                          type="button"
                          aria-pressed={taken}
                          aria-label={`${column.name} of row ${i + 1}: ${text}`}
                          onClick={() => onChoose({ ...chosen, fields: { ...chosen.fields, [column.id]: r.id } })}
                          className={cx(
                            'block max-w-64 truncate rounded-md border px-2 py-0.5 text-left',
                            taken
                              ? 'border-primary bg-primary-soft text-primary-ink'
                              : 'border-transparent hover:border-line-strong',
                          )}
                        >
                          <Shown text={text} />
                        </button>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <Reasons group={group} columns={columns} />
    </div>
  );
}

/** Why the rows are taken for the same, pair by pair. */
function Reasons({ group, columns }: { group: DuplicateGroup; columns: Column[] }) {
  const names = new Map(columns.map((c) => [c.id, c.name]));
  return (
    <details open={group.pairs.length <= 3} className="px-3 pb-3 text-sm text-ink-2">
      <summary className="cursor-pointer font-medium">Why</summary>
      <ul className="mt-1 flex flex-col gap-1">
        {group.pairs.map((p) => (
          <li key={`${p.a}-${p.b}`}>
            <span className="tnum font-medium">
              Rows {p.a + 1} and {p.b + 1}, {Math.round(p.score * 100)} %:
            </span>{' '}
            {p.reasons.map((r, i) => (
              <span key={r.column_id} className={r.for ? 'text-success-ink' : ''}>
                {i > 0 && ' · '}
                <Shown text={names.get(r.column_id) ?? 'A column that is gone'} />: {r.text}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
