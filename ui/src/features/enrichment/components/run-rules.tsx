import type { EnrichmentConfig, Table } from '@/api/types';
import { Checkbox, Field } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { useFault } from '../faults';
import { ColumnText } from './column-text';

/** For which rows a column is asked, how long answers are reused, and whether it runs by itself. */
export function RunRules({
  table,
  config,
  onChange,
}: {
  table: Table;
  config: EnrichmentConfig;
  onChange: (config: EnrichmentConfig) => void;
}) {
  const fault = useFault('condition');
  return (
    <details className="rounded-md border border-line" open={fault !== undefined}>
      <summary className="cursor-pointer px-3 py-2 font-medium">When it runs</summary>
      <div className="flex flex-col gap-3 border-t border-line p-3">
        <Field label="Only for rows where" optional hint="For example {{Employees}} > 50" error={fault}>
          {(ids) => (
            <ColumnText
              {...ids}
              columns={table.columns}
              value={config.condition ?? ''}
              onChange={(text) => onChange(withText(config, text))}
            />
          )}
        </Field>
        <Field
          label="Reuse an answer for the same input younger than (days)"
          optional
          hint="Reused answers are free. 0 always asks again."
        >
          {(ids) => (
            <NumberInput
              {...ids}
              whole
              min={0}
              max={365}
              className="w-28"
              value={config.cache_days ?? null}
              placeholder="30"
              onChange={(days) => onChange(withDays(config, days))}
            />
          )}
        </Field>
        <Checkbox
          label="Run by itself for new and changed rows"
          hint="Within the spend caps of the workspace."
          checked={config.auto_run ?? false}
          onChange={(e) => onChange({ ...config, auto_run: e.target.checked })}
        />
      </div>
    </details>
  );
}

function withText(config: EnrichmentConfig, text: string): EnrichmentConfig {
  const { condition: _, ...rest } = config;
  return text ? { ...rest, condition: text } : rest;
}
function withDays(config: EnrichmentConfig, days: number | null): EnrichmentConfig {
  const { cache_days: _, ...rest } = config;
  return days === null ? rest : { ...rest, cache_days: days };
}
