import type {
  CellValue,
  Column,
  ColumnType,
  EnrichmentConfig,
  EnrichmentStep,
  InputMapping,
  Provider,
  Table,
} from '@/api/types';
import { nameKey } from '@/lib/fold';
import { nameOfPath } from '@/lib/json-path';

/** Words by which an input of a provider is found among the columns of a table. */
const hints: Record<string, RegExp> = {
  email: /e-?mail/i,
  domain: /domain|website|url|site/i,
  website: /website|url|site|domain/i,
  url: /url|website|link|site/i,
  company: /company|organi[sz]ation|account|^name$/i,
  name: /full.?name|^name$|contact/i,
  first_name: /first/i,
  last_name: /last|surname|family/i,
  phone: /phone|mobile|tel/i,
  country: /country/i,
};

/** The column that most likely holds an input, by its name, then by its type. */
export function suggestColumn(input: { name: string; type: string }, columns: readonly Column[]): Column | undefined {
  const hint = hints[input.name] ?? new RegExp(input.name.replaceAll('_', '.?'), 'i');
  return (
    columns.find((c) => hint.test(c.name)) ??
    columns.find((c) => c.type === (input.type as ColumnType) && c.type !== 'text')
  );
}

/** A step with the inputs that the table suggests: plain columns first, then the answers of other enrichments. */
export function newStep(provider: Provider, table: Table, own: Column | null = null): EnrichmentStep {
  if (provider.slug === 'llm') {
    const config = {
      api: 'openai',
      model: '',
      prompt: '',
      outputs: { answer: { type: 'text', description: '' } },
    };
    return { provider: provider.slug, inputs: {}, config, output: 'answer' };
  }
  if (provider.slug === 'research') {
    const config = { model: '', question: '', outputs: { answer: { type: 'text', description: '' } } };
    return { provider: provider.slug, inputs: {}, config, output: 'answer' };
  }
  if (provider.dynamic) {
    const config = { method: 'GET', url: '', outputs: { value: { path: '$.', type: 'text' } } };
    return { provider: provider.slug, inputs: {}, config, output: 'value' };
  }
  const columns = table.columns
    .filter((c) => c.id !== own?.id)
    .sort((a, b) => Number(a.kind !== 'data') - Number(b.kind !== 'data'));
  const inputs: Record<string, InputMapping> = {};
  for (const input of provider.inputs) {
    const column = suggestColumn(input, columns);
    if (column) inputs[input.name] = { column: column.id };
  }
  return { provider: provider.slug, inputs, output: provider.outputs[0]?.name ?? 'value' };
}

/** What stands in the way of saving; null when nothing does. */
export function problemOf(config: EnrichmentConfig, providers: readonly Provider[]): string | null {
  if (config.steps.length === 0) return 'Add at least one provider.';
  for (const [i, step] of config.steps.entries()) {
    const provider = providers.find((p) => p.slug === step.provider);
    if (!provider) return `Step ${String(i + 1)} has an unknown provider.`;
    const missing = provider.inputs.find((f) => f.required && !step.inputs[f.name]);
    if (missing) return `${provider.name} needs “${missing.label}”.`;
    const unknown = provider.dynamic ? placeholders(step.config).find((name) => !step.inputs[name]) : undefined;
    if (unknown) return `{{${unknown}}} names no column of this table.`;
    if (provider.slug === 'llm' || provider.slug === 'research') {
      if (!textOf(step.config?.['model'])) return `${provider.name} needs a model.`;
      const question = step.config?.['prompt'] ?? step.config?.['question'];
      if (!textOf(question).trim()) return `${provider.name} needs a question.`;
    } else if (isHttp(provider) && !textOf(step.config?.['url']).startsWith('http'))
      return `${provider.name} needs an address.`;
    const use = provider.further?.find((f) => !step.further_credentials?.[f.use]);
    if (use) return `${provider.name} needs a credential for: ${use.label}.`;
    if (provider.auth === 'key' && !step.credential_id) return `${provider.name} needs a credential.`;
  }
  return null;
}

const types: Record<string, ColumnType> = {
  string: 'text',
  domain: 'text',
  list: 'json',
  text: 'text',
  email: 'email',
  url: 'url',
  phone: 'phone',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  bool: 'boolean',
  date: 'date',
  json: 'json',
  object: 'json',
  array: 'json',
};
/** The type of column that holds a field of a provider's type. */
export const typeOfField = (type: string): ColumnType => types[type] ?? 'text';

/** The type of column that a step's answer goes into. */
export function typeOfStep(provider: Provider | undefined, step: EnrichmentStep | undefined): ColumnType {
  if (!step) return 'text';
  const own = provider?.dynamic ? outputsOf(step.config)[step.output]?.type : undefined;
  const type = own ?? provider?.outputs.find((o) => o.name === step.output)?.type ?? 'text';
  return typeOfField(type);
}

export interface DynamicOutput {
  path: string;
  type: string;
}
export function textOf(value: CellValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
/** The fields that the configuration of a dynamic provider takes from the answer. */
export function outputsOf(config: EnrichmentStep['config']): Record<string, DynamicOutput> {
  const outputs = config?.['outputs'];
  if (typeof outputs !== 'object' || outputs === null || Array.isArray(outputs)) return {};
  return Object.fromEntries(
    Object.entries(outputs).map(([name, field]) => {
      const object = typeof field === 'object' && field !== null && !Array.isArray(field) ? field : {};
      return [name, { path: textOf(object['path']), type: textOf(object['type']) || 'text' }];
    }),
  );
}
/** The names in double braces anywhere in a configuration: the inputs that it needs. */
export function placeholders(config: EnrichmentStep['config']): string[] {
  const names = new Set<string>();
  for (const m of JSON.stringify(config ?? {}).matchAll(/\{\{\s*([^{}"\\]+?)\s*\}\}/g)) {
    if (m[1]) names.add(m[1]);
  }
  return [...names];
}
/** Binds every placeholder to the column of its name. */
export function bindPlaceholders(
  config: EnrichmentStep['config'],
  columns: readonly Column[],
): EnrichmentStep['inputs'] {
  const bound: EnrichmentStep['inputs'] = {};
  for (const name of placeholders(config)) {
    const column = columns.find((c) => nameKey(c.name) === nameKey(name));
    if (column) bound[name] = { column: column.id };
  }
  return bound;
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(to, 0, item);
  return next;
}

/** Whether the provider is the workspace's own HTTP API. */
export function isHttp(provider: Provider): boolean {
  return provider.slug === 'http_api';
}

/**
 * Whether asking twice costs and changes nothing more than once; of an HTTP API that follows from the method (RFC 9110, 9.2.2),
 * unless the step says it of a POST.
 */
export function mayBeAskedTwice(provider: Provider, step: EnrichmentStep): boolean {
  return (
    provider.idempotent ||
    (isHttp(provider) && (step.config?.['method'] !== 'POST' || step.config['repeatable'] === true))
  );
}

/** The step with a value of its JSON answer as a further field; the first one replaces the field that stands for nothing yet. */
export function withMapped(
  step: EnrichmentStep,
  path: string,
  value: CellValue,
): { step: EnrichmentStep; field: string } {
  const outputs = outputsOf(step.config);
  const known = Object.entries(outputs).find(([, o]) => o.path === path);
  if (known) return { step, field: known[0] };
  const kept = Object.fromEntries(Object.entries(outputs).filter(([, o]) => !['', '$', '$.'].includes(o.path)));
  const base = nameOfPath(path);
  let field = base;
  for (let n = 2; field in kept; n++) field = `${base}_${String(n)}`;
  const type = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'text';
  const fields: Record<string, CellValue> = {};
  for (const [name, o] of Object.entries(kept)) fields[name] = { path: o.path, type: o.type };
  fields[field] = { path, type };
  const output = step.output in fields ? step.output : field;
  return { step: { ...step, output, config: { ...step.config, outputs: fields } }, field };
}
