import { Plus, X } from 'lucide-react';
import type { CellValue } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Field, Input, Select } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { textOf } from '../config';

export type ModelConfig = Record<string, CellValue>;
export interface ModelProps {
  config: ModelConfig;
  set: (change: ModelConfig) => void;
}
export interface NumberField {
  name: string;
  label: string;
  whole?: boolean;
  max?: number;
}

const TYPES = ['text', 'email', 'url', 'phone', 'domain', 'number', 'boolean', 'date', 'list'];
const VENDORS: Record<string, string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};

function numberOf(value: CellValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

/** Which model is asked, and where. */
export function ModelFields({ config, set }: ModelProps) {
  const api = textOf(config['api']) || 'openai';
  return (
    <>
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
    </>
  );
}

/** Prices by tokens and what a row and a run may cost, on the vendor's bill. */
export function ModelCost({ config, set, more = [] }: ModelProps & { more?: NumberField[] }) {
  const fields: NumberField[] = [
    { name: 'price_in', label: 'Price of a million tokens in, USD' },
    { name: 'price_out', label: 'Price of a million tokens out, USD' },
    { name: 'row_budget', label: 'Most that a row may cost, USD' },
    { name: 'run_budget', label: 'Most that a run may cost, USD' },
    { name: 'max_tokens', label: 'Longest answer, tokens', whole: true, max: 32000 },
    ...more,
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
                max={f.max ?? 10000}
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

export function ModelOutputs({
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
            name="model-output"
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
