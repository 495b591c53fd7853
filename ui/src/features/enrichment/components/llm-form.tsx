import { Plus, X } from 'lucide-react';
import type { CellValue, EnrichmentStep, Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Field, Input, Select, Textarea } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { bindPlaceholders, textOf } from '../config';

export interface LlmFormProps {
  table: Table;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}
type Config = Record<string, CellValue>;

const TYPES = ['text', 'email', 'url', 'phone', 'domain', 'number', 'boolean', 'date', 'list'];
const VENDORS: Record<string, string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};

function numberOf(value: CellValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** A question to a language model about each row, and the fields of its answer. Names in double braces are columns. */
export function LlmForm({ table, step, onChange }: LlmFormProps) {
  const config: Config = step.config ?? {};
  const set = (change: Config, output = step.output): void => {
    const next = Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, v]) => v !== null && v !== ''));
    onChange({ ...step, output, config: next, inputs: bindPlaceholders(next, table.columns) });
  };
  const api = textOf(config['api']) || 'openai';
  return (
    <div className="flex flex-col gap-4">
      <Field
        label="Question"
        hint="Columns go in double braces: {{Company}}. Their text reaches the model as data, never as instructions."
      >
        {(ids) => (
          <Textarea
            {...ids}
            rows={3}
            maxLength={20000}
            placeholder="What does {{Company}} sell, and to whom? One sentence."
            value={textOf(config['prompt'])}
            onChange={(e) => set({ prompt: e.target.value })}
          />
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Model" hint="As its vendor names it.">
          {(ids) => (
            <Input
              {...ids}
              maxLength={200}
              value={textOf(config['model'])}
              onChange={(e) => set({ model: e.target.value })}
            />
          )}
        </Field>
        <Field label="Kind of API">
          {(ids) => (
            <Select {...ids} value={api} onChange={(e) => set({ api: e.target.value })}>
              <option value="openai">OpenAI, or compatible</option>
              <option value="anthropic">Anthropic</option>
            </Select>
          )}
        </Field>
      </div>
      <Field label="Address of the API" optional hint="Of another endpoint; the credential must name its host.">
        {(ids) => (
          <Input
            {...ids}
            className="font-mono !text-sm"
            maxLength={500}
            placeholder={VENDORS[api]}
            value={textOf(config['base_url'])}
            onChange={(e) => set({ base_url: e.target.value })}
          />
        )}
      </Field>
      <Outputs
        outputs={config['outputs']}
        chosen={step.output}
        onChange={(outputs, output) => set({ outputs }, output)}
      />
      <Money config={config} set={set} />
    </div>
  );
}

/** Prices by tokens and what a row and a run may cost, on the vendor's bill. */
function Money({ config, set }: { config: Config; set: (change: Config) => void }) {
  const fields = [
    { name: 'price_in', label: 'Price of a million tokens in, USD' },
    { name: 'price_out', label: 'Price of a million tokens out, USD' },
    { name: 'row_budget', label: 'Most that a row may cost, USD' },
    { name: 'run_budget', label: 'Most that a run may cost, USD' },
    { name: 'max_tokens', label: 'Longest answer, tokens', whole: true },
  ];
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 font-medium">Cost on your own bill</summary>
      <div className="grid gap-3 border-t border-line p-3 sm:grid-cols-2">
        {fields.map((f) => (
          <Field key={f.name} label={f.label} optional>
            {(ids) => (
              <NumberInput
                {...ids}
                whole={f.whole ?? false}
                min={0}
                max={f.whole ? 32000 : 10000}
                value={numberOf(config[f.name])}
                onChange={(n) => set({ [f.name]: n })}
              />
            )}
          </Field>
        ))}
      </div>
    </details>
  );
}

interface Output {
  type: string;
  description: string;
}
function outputsOf(value: CellValue | undefined): [string, Output][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([name, field]) => {
    const object = typeof field === 'object' && field !== null && !Array.isArray(field) ? field : {};
    return [name, { type: textOf(object['type']) || 'text', description: textOf(object['description']) }];
  });
}

function Outputs({
  outputs,
  chosen,
  onChange,
}: {
  outputs: CellValue | undefined;
  chosen: string;
  onChange: (outputs: CellValue, chosen: string) => void;
}) {
  const list = outputsOf(outputs);
  const write = (next: [string, Output][], output = chosen): void => {
    const fields = Object.fromEntries(next.map(([name, o]) => [name, { type: o.type, description: o.description }]));
    onChange(fields, output in fields ? output : (next[0]?.[0] ?? ''));
  };
  const replace = (i: number, entry: [string, Output]): void =>
    write(
      list.map((e, n) => (n === i ? entry : e)),
      list[i]?.[0] === chosen ? entry[0] : chosen,
    );
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">Fields of the answer</legend>
      {list.map(([name, o], i) => (
        <div key={i} className="flex flex-wrap items-center gap-2 sm:flex-nowrap">
          <input
            type="radio"
            name="llm-output"
            aria-label={`Use ${name} as the value`}
            className="accent-primary"
            checked={chosen === name}
            onChange={() => write(list, name)}
          />
          <Input
            aria-label={`Name of field ${String(i + 1)}`}
            className="!w-32"
            value={name}
            onChange={(e) => replace(i, [e.target.value, o])}
          />
          <Select
            aria-label={`Type of ${name}`}
            className="!w-28"
            value={o.type}
            onChange={(e) => replace(i, [name, { ...o, type: e.target.value }])}
          >
            {TYPES.map((t) => (
              <option key={t}>{t}</option>
            ))}
          </Select>
          <Input
            aria-label={`What ${name} is`}
            placeholder="What it is, for the model"
            value={o.description}
            onChange={(e) => replace(i, [name, { ...o, description: e.target.value }])}
          />
          <IconButton
            label={`Remove ${name}`}
            size="sm"
            disabled={list.length === 1}
            onClick={() => write(list.filter((_, n) => n !== i))}
          >
            <X size={14} />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          size="sm"
          variant="ghost"
          icon={<Plus size={14} />}
          onClick={() => write([...list, [`field_${String(list.length + 1)}`, { type: 'text', description: '' }]])}
        >
          Add field
        </Button>
      </div>
    </fieldset>
  );
}
