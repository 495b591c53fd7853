import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Column, EnrichmentStep, Provider, Table } from '@/api/types';
import { credentialsQuery } from '@/api/credentials';
import { Checkbox, Field, Select } from '@/components/field';
import { bindPlaceholders, placeholders, textOf } from '../config';
import { ColumnText } from './column-text';
import { ModelCost, ModelFields, ModelOutputs, type ModelConfig, type NumberField } from './model-fields';

export interface ResearchFormProps {
  workspaceId: string;
  table: Table;
  provider: Provider;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}

const BOUNDS: NumberField[] = [
  { name: 'max_steps', label: 'Most steps: searches, pages and the answer', whole: true, max: 15 },
  { name: 'row_tokens', label: 'Most tokens of a row', whole: true, max: 1_000_000 },
];

/** A question that a model answers from the open web, the search engine that it uses, and what it may see and spend. */
export function ResearchForm({ workspaceId, table, provider, step, onChange }: ResearchFormProps) {
  const config: ModelConfig = step.config ?? {};
  const write = (change: ModelConfig, more: Partial<EnrichmentStep> = {}): void => {
    const next = Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, v]) => v !== null && v !== ''));
    onChange({ ...step, ...more, config: next, inputs: bindPlaceholders(next, table.columns) });
  };
  return (
    <div className="flex flex-col gap-4">
      <Field
        label="Question"
        hint="Columns go in double braces: {{Company}}. Their values are searched for; pages reach the model as data, never as instructions."
      >
        {(ids) => (
          <ColumnText
            {...ids}
            rows={3}
            className="!font-sans !text-base"
            columns={table.columns}
            maxLength={4000}
            placeholder="How many people work at {{Company}}, and in which city is its head office?"
            value={textOf(config['question'])}
            onChange={(question) => write({ question })}
          />
        )}
      </Field>
      {(provider.further ?? []).map((f) => (
        <FurtherField
          key={f.use}
          workspaceId={workspaceId}
          label={f.label}
          kinds={f.kinds ?? []}
          value={step.further_credentials?.[f.use] ?? ''}
          onChange={(id, kind) =>
            write({ [f.use]: kind }, { further_credentials: { ...step.further_credentials, [f.use]: id } })
          }
        />
      ))}
      <ModelFields config={config} set={write} />
      <ModelOutputs
        outputs={config['outputs']}
        chosen={step.output}
        onChange={(outputs, output) => write({ outputs }, { output })}
      />
      <Cells table={table} config={config} set={write} />
      <ModelCost config={config} set={write} more={BOUNDS} />
    </div>
  );
}

/** Columns that the model may look at besides those of the question. */
function Cells({ table, config, set }: { table: Table; config: ModelConfig; set: (change: ModelConfig) => void }) {
  const named = placeholders({ question: config['question'] ?? '' });
  const cells = config['cells'];
  const chosen = Array.isArray(cells) ? cells.map(textOf) : [];
  const reference = (c: Column): string => `{{${c.name}}}`;
  const columns = table.columns.filter((c) => !/[{}]/.test(c.name) && !named.includes(c.name));
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 font-medium">
        Other cells that it may look at{chosen.length > 0 ? ` (${String(chosen.length)})` : ''}
      </summary>
      <div className="flex flex-col gap-2 border-t border-line p-3">
        <p className="text-sm text-ink-3">
          They help it to tell the right company from another. They are not searched for.
        </p>
        {columns.map((c) => (
          <Checkbox
            key={c.id}
            label={c.name}
            checked={chosen.includes(reference(c))}
            onChange={(e) =>
              set({
                cells: e.target.checked ? [...chosen, reference(c)] : chosen.filter((other) => other !== reference(c)),
              })
            }
          />
        ))}
      </div>
    </details>
  );
}

function FurtherField({
  workspaceId,
  label,
  kinds,
  value,
  onChange,
}: {
  workspaceId: string;
  label: string;
  kinds: string[];
  value: string;
  onChange: (id: string, kind: string) => void;
}) {
  const { data } = useQuery(credentialsQuery(workspaceId));
  const fitting = (data ?? []).filter((c) => kinds.includes(c.provider));
  const hint = (
    <>
      There is none yet. Add one of{' '}
      {kinds.map((kind, i) => (
        <span key={kind}>
          {i > 0 && ' or '}
          <Link to={`/w/${workspaceId}/settings/credentials?add=${kind}`} className="text-primary-ink underline">
            {kind === 'serper' ? 'Serper' : 'Brave Search'}
          </Link>
        </span>
      ))}
      .
    </>
  );
  return (
    <Field label={label} hint={data && fitting.length === 0 ? hint : undefined}>
      {(ids) => (
        <Select
          {...ids}
          value={value}
          onChange={(e) => {
            const credential = fitting.find((c) => c.id === e.target.value);
            if (credential) onChange(credential.id, credential.provider);
          }}
        >
          <option value="">Choose…</option>
          {fitting.map((c) => (
            <option key={c.id} value={c.id}>
              {c.name} ({c.masked})
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
