import { useQuery } from '@tanstack/react-query';
import { tablesQuery } from '@/api/tables';
import type { Column, Lookup, Table } from '@/api/types';
import { Field, Select } from '@/components/field';
import { COMPARISONS, keyColumns, TAKES } from '../lookup';

/** What is chosen so far. */
export type Choice = Partial<Lookup>;

interface ChoicesProps {
  workspaceId: string;
  table: Table;
  looked: Table | undefined;
  lookup: Lookup | null;
  choice: Choice;
  onChange: (choice: Choice) => void;
}

/** The table and the columns of a lookup, and what it takes. */
export function LookupChoices({ workspaceId: ws, table, looked, lookup, choice, onChange }: ChoicesProps) {
  const tables = useQuery(tablesQuery(ws)).data ?? [];
  const value = looked?.columns.find((c) => c.id === lookup?.value);
  const takes = TAKES.filter((t) => !value || t.fits(value.type) || t.take === choice.take);
  const set = (part: Choice): void => onChange({ ...choice, ...part });
  const { compare: _, ...fitting } = choice; // what fits is found anew for other columns
  return (
    <>
      <Field label="Look into">
        {(ids) => (
          <Select
            {...ids}
            data-autofocus
            value={choice.table_id ?? ''}
            onChange={(e) => onChange({ take: choice.take ?? 'first', table_id: e.target.value, ...keyOf(choice) })}
          >
            <option value="" disabled>
              Choose a table
            </option>
            {tables.map((t) => (
              <option key={t.id} value={t.id}>
                {t.id === table.id ? `${t.name} (this table)` : t.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {looked && lookup && (
        <>
          <div className="grid gap-3 sm:grid-cols-3">
            <Columns
              label="Key in this table"
              columns={keyColumns(table.columns)}
              value={lookup.key}
              onChange={(key) => onChange({ ...fitting, key })}
            />
            <Columns
              label={`Matches in ${looked.name}`}
              columns={keyColumns(looked.columns)}
              value={lookup.match}
              onChange={(match) => onChange({ ...fitting, match })}
            />
            <Field label="Compared as">
              {(ids) => (
                <Select
                  {...ids}
                  value={choice.compare ?? ''}
                  onChange={(e) =>
                    e.target.value
                      ? set({ compare: e.target.value as NonNullable<Lookup['compare']> })
                      : onChange(fitting)
                  }
                >
                  <option value="">What fits</option>
                  {COMPARISONS.map((c) => (
                    <option key={c.compare} value={c.compare}>
                      {c.label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Take">
              {(ids) => (
                <Select {...ids} value={lookup.take} onChange={(e) => set({ take: e.target.value as Lookup['take'] })}>
                  {takes.map((t) => (
                    <option key={t.take} value={t.take}>
                      {t.label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {lookup.value && (
              <Columns
                label="Of the column"
                columns={looked.columns}
                value={lookup.value}
                onChange={(v) => set({ value: v })}
              />
            )}
          </div>
        </>
      )}
    </>
  );
}

const keyOf = (choice: Choice): Choice => (choice.key ? { key: choice.key } : {});

interface ColumnsProps {
  label: string;
  columns: readonly Column[];
  value: string;
  onChange: (id: string) => void;
}

function Columns({ label, columns, value, onChange }: ColumnsProps) {
  return (
    <Field label={label}>
      {(ids) => (
        <Select {...ids} value={value} onChange={(e) => onChange(e.target.value)}>
          {columns.map((c) => (
            <option key={c.id} value={c.id}>
              {c.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
