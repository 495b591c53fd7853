import type { RowSearch, Table } from '@/api/types';
import { Checkbox, Field, Input, Select } from '@/components/field';
import type { Draft, Goal } from '../draft';

/** What is kept of the results, in which columns, and by which field duplicates are left out. */
export function GoalFields({
  search,
  table,
  draft,
  onChange,
}: {
  search: RowSearch;
  table: Table | null;
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
}) {
  const set = (field: string, goal: Goal | null): void => {
    const rest = Object.fromEntries(Object.entries(draft.goals).filter(([k]) => k !== field));
    const goals = goal ? { ...rest, [field]: goal } : rest;
    onChange({ goals, ...(!goal && draft.key === field ? { key: '' } : {}) });
  };
  const columns = (table?.columns ?? []).filter((c) => c.kind === 'data');
  return (
    <div className="flex flex-col gap-3">
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-sm font-medium text-ink-2">What is kept, and where</legend>
        {search.fields.map((f) => {
          const goal = draft.goals[f.name];
          return (
            <div key={f.name} className="grid items-center gap-2 sm:grid-cols-[180px_minmax(0,1fr)_minmax(0,1fr)]">
              <Checkbox
                label={f.label}
                checked={goal !== undefined}
                onChange={(e) => set(f.name, e.target.checked ? { fresh: f.label } : null)}
              />
              {goal && table && (
                <Select
                  aria-label={`Column of ${f.label}`}
                  value={'column' in goal ? goal.column : ''}
                  onChange={(e) => set(f.name, e.target.value ? { column: e.target.value } : { fresh: f.label })}
                >
                  <option value="">A new column</option>
                  {columns.map((c) => (
                    <option key={c.id} value={c.id}>
                      {c.name}
                    </option>
                  ))}
                </Select>
              )}
              {goal && 'fresh' in goal && (
                <Input
                  aria-label={`Name of the new column for ${f.label}`}
                  maxLength={100}
                  value={goal.fresh}
                  onChange={(e) => set(f.name, { fresh: e.target.value })}
                />
              )}
            </div>
          );
        })}
      </fieldset>
      <Field label="Leave out what the table has already, by" hint="Results without this field are added all the same.">
        {(ids) => (
          <Select {...ids} value={draft.key} onChange={(e) => onChange({ key: e.target.value })}>
            <option value="">Nothing: add all results</option>
            {search.fields
              .filter((f) => draft.goals[f.name] !== undefined)
              .map((f) => (
                <option key={f.name} value={f.name}>
                  {f.label}
                </option>
              ))}
          </Select>
        )}
      </Field>
    </div>
  );
}
