import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { CellValue, EnrichmentStep, Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Field, Input, Select, Textarea } from '@/components/field';
import { bindPlaceholders, outputsOf, textOf, type DynamicOutput } from '../config';
import { useFault } from '../faults';
import { ColumnText } from './column-text';
import { PagingFields } from './paging-fields';
import { PresetFields } from './preset-fields';

export interface HttpApiFormProps {
  table: Table;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}
type Config = Record<string, CellValue>;

const TYPES = ['text', 'email', 'url', 'phone', 'domain', 'number', 'boolean', 'date', 'list', 'object'];
const AUTH = [
  { value: '', label: 'None' },
  { value: 'bearer', label: 'Bearer token' },
  { value: 'basic', label: 'User and password' },
  { value: 'header', label: 'A header' },
  { value: 'query', label: 'A query parameter' },
];

/** The request that asks any HTTP API, and what to take from its JSON. Names in double braces are columns. */
export function HttpApiForm({ table, step, onChange }: HttpApiFormProps) {
  const config: Config = step.config ?? {};
  const set = (change: Config, output = step.output): void => {
    const next = Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, v]) => v !== null && v !== ''));
    onChange({ ...step, output, config: next, inputs: bindPlaceholders(next, table.columns) });
  };
  const method = textOf(config['method']) || 'GET';
  const fault = useFault('config');
  const [presets, setPresets] = useState(0);
  return (
    <div className="flex flex-col gap-4">
      <PresetFields
        table={table}
        step={step}
        onChange={(next) => {
          setPresets(presets + 1);
          onChange(next);
        }}
      />
      <div className="grid gap-3 sm:grid-cols-[100px_minmax(0,1fr)]">
        <Field label="Method">
          {(ids) => (
            <Select {...ids} value={method} onChange={(e) => set({ method: e.target.value })}>
              {['GET', 'POST', 'PUT'].map((m) => (
                <option key={m}>{m}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Address" hint="Columns go in double braces: {{Email}}" error={fault}>
          {(ids) => (
            <ColumnText
              {...ids}
              columns={table.columns}
              maxLength={2000}
              placeholder="https://api.example.com/v1/people?email={{Email}}"
              value={textOf(config['url'])}
              onChange={(url) => set({ url })}
            />
          )}
        </Field>
      </div>
      <Field label="Headers" optional hint="One a line, as Name: value. Keys belong in the credential.">
        {(ids) => (
          <Textarea
            {...ids}
            key={`${step.provider}/${String(presets)}`}
            rows={2}
            className="font-mono !text-sm"
            defaultValue={headerLines(config['headers'])}
            onBlur={(e) => set({ headers: readHeaders(e.target.value) })}
          />
        )}
      </Field>
      {method !== 'GET' && (
        <Field label="Body" optional>
          {(ids) => (
            <ColumnText
              {...ids}
              columns={table.columns}
              rows={4}
              placeholder='{"email":"{{Email}}"}'
              value={textOf(config['body'])}
              onChange={(body) => set({ body })}
            />
          )}
        </Field>
      )}
      <AuthFields auth={config['auth']} onChange={(auth) => set({ auth })} />
      <PagingFields
        paging={config['paging']}
        method={method}
        repeatable={config['repeatable'] === true}
        onChange={(change) => set(change)}
      />
      <Outputs
        outputs={outputsOf(config)}
        chosen={step.output}
        onChange={(outputs, output) => set({ outputs }, output)}
      />
    </div>
  );
}

function AuthFields({ auth, onChange }: { auth: CellValue | undefined; onChange: (auth: CellValue) => void }) {
  const object = typeof auth === 'object' && auth !== null && !Array.isArray(auth) ? auth : {};
  const kind = textOf(object['kind']);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="How the key is sent">
        {(ids) => (
          <Select
            {...ids}
            value={kind}
            onChange={(e) => onChange(e.target.value ? { ...object, kind: e.target.value } : null)}
          >
            {AUTH.map((a) => (
              <option key={a.value} value={a.value}>
                {a.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {(kind === 'header' || kind === 'query') && (
        <Field label="Its name">
          {(ids) => (
            <Input
              {...ids}
              value={textOf(object['name'])}
              placeholder={kind === 'header' ? 'X-Api-Key' : 'api_key'}
              onChange={(e) => onChange({ kind, name: e.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}

interface OutputsProps {
  outputs: Record<string, DynamicOutput>;
  chosen: string;
  onChange: (outputs: CellValue, chosen: string) => void;
}

function Outputs({ outputs, chosen, onChange }: OutputsProps) {
  const list = Object.entries(outputs);
  const write = (next: [string, DynamicOutput][], output = chosen): void => {
    const fields = Object.fromEntries(next.map(([name, o]) => [name, { path: o.path, type: o.type }]));
    onChange(fields, output in fields ? output : (next[0]?.[0] ?? ''));
  };
  const replace = (i: number, entry: [string, DynamicOutput]): void =>
    write(
      list.map((e, n) => (n === i ? entry : e)),
      list[i]?.[0] === chosen ? entry[0] : chosen,
    );
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">Taken from the answer</legend>
      {list.map(([name, o], i) => (
        <div key={i} className="flex items-center gap-2">
          <input
            type="radio"
            name="output"
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
          <Input
            aria-label={`Path of ${name}`}
            className="font-mono !text-sm"
            placeholder="$.data.name"
            value={o.path}
            onChange={(e) => replace(i, [name, { ...o, path: e.target.value }])}
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
          onClick={() => write([...list, [`field_${String(list.length + 1)}`, { path: '$.', type: 'text' }]])}
        >
          Add field
        </Button>
      </div>
    </fieldset>
  );
}

function headerLines(headers: CellValue | undefined): string {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return '';
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${textOf(value)}`)
    .join('\n');
}
function readHeaders(text: string): CellValue {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
  return entries.length ? Object.fromEntries(entries) : null;
}
