import type { Column, Credential, EnrichmentConfig, EnrichmentStep, Provider, Table, Validator } from '@/api/types';
import { fitsProvider } from '@/api/credentials';
import { newStep } from './config';

/** A first column in three clicks: what people look for most, from whatever providers can find it. */
export interface Template {
  id: string;
  name: string;
  text: string;
  /** The outputs that hold the answer, the best name first. */
  outputs: string[];
  /** A provider must take one of these inputs; empty: any. */
  takes: string[];
  validator?: Validator;
}

export const templates: Template[] = [
  {
    id: 'work-email',
    name: 'Work email',
    text: 'From a name and a company’s domain',
    outputs: ['email'],
    takes: ['last_name'],
    validator: { type: 'email' },
  },
  {
    id: 'company-domain',
    name: 'Company domain',
    text: 'From a company’s name, email or website',
    outputs: ['domain'],
    takes: ['company'],
    validator: { type: 'domain' },
  },
  {
    id: 'phone',
    name: 'Phone',
    text: 'A company’s number, from its website',
    outputs: ['phone'],
    takes: ['website', 'domain'],
    validator: { not_empty: true },
  },
  {
    id: 'tech-stack',
    name: 'Tech stack',
    text: 'What a company’s website is built with',
    outputs: ['technologies'],
    takes: ['website', 'domain', 'url'],
  },
  {
    id: 'linkedin',
    name: 'LinkedIn page',
    text: 'Of a company, from its website or domain',
    outputs: ['linkedin', 'linkedin_url'],
    takes: ['website', 'domain'],
    validator: { type: 'url' },
  },
  {
    id: 'summary',
    name: 'Summary by AI',
    text: 'One sentence about a company, by your model',
    outputs: ['summary'],
    takes: [],
  },
];

const AI = 'llm';

/** The template's waterfall for a table: free providers first, then those that a key of the workspace is there for, by price. */
export function fromTemplate(
  template: Template,
  table: Table,
  providers: readonly Provider[],
  credentials: readonly Credential[],
): EnrichmentConfig {
  if (template.id === 'summary') return { steps: summary(table, providers, credentials) };
  const steps = providers
    .filter((p) => !p.dynamic && !p.legacy)
    .filter((p) => template.takes.some((name) => p.inputs.some((i) => i.name === name)))
    .flatMap((p): { step: EnrichmentStep; provider: Provider }[] => {
      const output = template.outputs.find((name) => p.outputs.some((o) => o.name === name));
      const key = credentials.find((c) => fitsProvider(c, p));
      if (!output || (p.auth === 'key' && !key)) return [];
      const step: EnrichmentStep = { ...newStep(p, table), output };
      if (p.auth === 'key' && key) step.credential_id = key.id;
      if (template.validator) step.validator = template.validator;
      return p.inputs.some((i) => i.required && !step.inputs[i.name]) ? [] : [{ step, provider: p }];
    })
    .sort((a, b) => a.provider.price_mc - b.provider.price_mc);
  return { steps: steps.map((s) => s.step) };
}

function summary(table: Table, providers: readonly Provider[], credentials: readonly Credential[]): EnrichmentStep[] {
  const provider = providers.find((p) => p.slug === AI);
  if (!provider) return [];
  const step = newStep(provider, table);
  const key = credentials.find((c) => fitsProvider(c, provider));
  const subject = subjectOf(table.columns);
  const prompt = `What does the company ${subject.map((c) => `{{${c.name}}}`).join(', ')} sell, and to whom? One sentence.`;
  const inputs = Object.fromEntries(subject.map((c) => [c.name, { column: c.id }]));
  const local = key?.hosts.find((h) => h.startsWith('127.'));
  const config = { ...step.config, prompt, outputs: { summary: { type: 'text', description: 'One sentence.' } } };
  return [
    {
      ...step,
      inputs,
      config: key?.hosts.includes('api.anthropic.com') && !local ? { ...config, api: 'anthropic' } : config,
      output: 'summary',
      ...(key ? { credential_id: key.id } : {}),
    },
  ];
}

/** What names a company best: its name and, where there is one, its website or domain. */
function subjectOf(columns: readonly Column[]): Column[] {
  const data = columns.filter((c) => c.kind === 'data' && !/[{}]/.test(c.name));
  const name =
    data.find((c) => /company|organi[sz]ation|account/i.test(c.name)) ??
    data.find((c) => /^name$/i.test(c.name)) ??
    data[0];
  const site = data.find((c) => c !== name && /domain|website|url/i.test(c.name));
  return [name, site].filter((c) => c !== undefined);
}
