import type { EnrichmentStep, Table } from '@/api/types';
import { Field } from '@/components/field';
import { bindPlaceholders, textOf } from '../config';
import { ColumnText } from './column-text';
import { ModelCost, ModelFields, ModelOutputs, type ModelConfig } from './model-fields';

export interface LlmFormProps {
  table: Table;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}
/** A question to a language model about each row, and the fields of its answer. Names in double braces are columns. */
export function LlmForm({ table, step, onChange }: LlmFormProps) {
  const config: ModelConfig = step.config ?? {};
  const set = (change: ModelConfig, output = step.output): void => {
    const next = Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, v]) => v !== null && v !== ''));
    onChange({ ...step, output, config: next, inputs: bindPlaceholders(next, table.columns) });
  };
  return (
    <div className="flex flex-col gap-4">
      <Field
        label="Question"
        hint="Columns go in double braces: {{Company}}. Their text reaches the model as data, never as instructions."
      >
        {(ids) => (
          <ColumnText
            {...ids}
            rows={3}
            className="!font-sans !text-base"
            columns={table.columns}
            maxLength={20000}
            placeholder="What does {{Company}} sell, and to whom? One sentence."
            value={textOf(config['prompt'])}
            onChange={(prompt) => set({ prompt })}
          />
        )}
      </Field>
      <ModelFields config={config} set={set} />
      <ModelOutputs
        outputs={config['outputs']}
        chosen={step.output}
        onChange={(outputs, output) => set({ outputs }, output)}
      />
      <ModelCost config={config} set={set} />
    </div>
  );
}
