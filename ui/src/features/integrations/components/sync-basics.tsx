import type { CrmObject, SyncDefinition, Table } from '@/api/types';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { Card } from '@/components/page';
import { NumberInput } from '@/grid/typed-input';
import { everyText, MAX_RECORDS, PULL_EVERY, pulls, pushes } from '../draft';

/** The choices of how often, with one that was set elsewhere. */
function rhythms(minutes: number): number[] {
  const usual = PULL_EVERY.map((e) => e.minutes);
  return minutes === 0 || usual.includes(minutes) ? usual : [...usual, minutes].sort((a, b) => a - b);
}

export interface SyncBasicsProps {
  draft: SyncDefinition;
  table: Table;
  object: CrmObject;
  onChange: (part: Partial<SyncDefinition>) => void;
}

/** The name, the rows, and how a row's record is found. */
export function SyncBasics({ draft, table, object, onChange }: SyncBasicsProps) {
  const setKey = (field: string, column: string): void => {
    const others = draft.keys.filter((k) => k.field !== field);
    const keys = column ? [...others, { field, column_id: column }] : others;
    const order = object.keys.map((k) => k.field);
    onChange({ keys: keys.sort((a, b) => order.indexOf(a.field) - order.indexOf(b.field)) });
  };
  return (
    <Card title="The sync">
      <div className="flex flex-col gap-4">
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Name">
            {(ids) => (
              <Input {...ids} maxLength={100} value={draft.name} onChange={(e) => onChange({ name: e.target.value })} />
            )}
          </Field>
          <Field label="Rows">
            {(ids) => (
              <Select {...ids} value={draft.view_id ?? ''} onChange={(e) => onChange({ view_id: e.target.value })}>
                <option value="">All rows</option>
                {(table.views ?? []).map((v) => (
                  <option key={v.id} value={v.id}>
                    Those of the view {v.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Maximum records per run">
            {(ids) => (
              <NumberInput
                {...ids}
                whole
                min={1}
                max={MAX_RECORDS}
                value={draft.max_records || null}
                onChange={(n) => onChange({ max_records: n ?? 0 })}
              />
            )}
          </Field>
        </div>
        <fieldset className="flex flex-col gap-2">
          <legend className="text-sm font-medium text-ink-2">Match rows to records by</legend>
          <div className="grid gap-3 pt-1 sm:grid-cols-3">
            {object.keys.map((k) => (
              <Field key={k.field} label={k.name}>
                {(ids) => (
                  <Select
                    {...ids}
                    value={draft.keys.find((one) => one.field === k.field)?.column_id ?? ''}
                    onChange={(e) => setKey(k.field, e.target.value)}
                  >
                    <option value="">Don’t use</option>
                    {table.columns.map((c) => (
                      <option key={c.id} value={c.id}>
                        {c.name}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            ))}
          </div>
          <p className="text-sm text-ink-3">
            A row that was synced before keeps its record, even if its values have changed.
          </p>
        </fieldset>
        {pushes(draft) && (
          <Checkbox
            label="Create a record where none matches"
            hint="Otherwise such rows are skipped."
            checked={draft.create}
            onChange={(e) => onChange({ create: e.target.checked })}
          />
        )}
        {pulls(draft) && (
          <>
            <Checkbox
              label="Create a row where none matches"
              hint="Otherwise such records are skipped."
              checked={draft.create_rows ?? false}
              onChange={(e) => onChange({ create_rows: e.target.checked })}
            />
            <Field
              label="When a value was changed on both sides"
              hint="Both values are kept in the run."
              className="sm:max-w-sm"
            >
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.conflicts ?? 'newest'}
                  onChange={(e) => onChange({ conflicts: e.target.value as NonNullable<SyncDefinition['conflicts']> })}
                >
                  <option value="newest">The later change holds</option>
                  <option value="ours">The table’s value holds</option>
                  <option value="theirs">The CRM’s value holds</option>
                  <option value="ask">Ask: keep both until somebody decides</option>
                </Select>
              )}
            </Field>
            <Field
              label="Pull by itself"
              hint="A pull reads what was changed since the last one."
              className="sm:max-w-sm"
            >
              {(ids) => (
                <Select
                  {...ids}
                  value={draft.pull_every_minutes ?? 0}
                  onChange={(e) => onChange({ pull_every_minutes: Number(e.target.value) })}
                >
                  <option value={0}>Never</option>
                  {rhythms(draft.pull_every_minutes ?? 0).map((minutes) => (
                    <option key={minutes} value={minutes}>
                      Every {everyText(minutes)}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </>
        )}
      </div>
    </Card>
  );
}
