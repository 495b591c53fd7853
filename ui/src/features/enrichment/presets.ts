import { z } from 'zod';
import type { CellValue, Column, EnrichmentStep, Preset } from '@/api/types';
import { placeholders, textOf } from './config';

/** How large a preset's file may be, in bytes. */
export const MAX_FILE = 64 << 10;

const json: z.ZodType<CellValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);
const shape = z.object({
  name: z.string().min(1).max(100),
  description: z.string().max(1000).default(''),
  docs: z.string().max(500).default(''),
  config: z.record(z.string(), json),
  output: z.string().max(100).default(''),
  key: z
    .object({
      need: z.enum(['none', 'optional', 'required']),
      hosts: z.array(z.string().max(253)).max(20).default([]),
      how: z.string().max(1000).optional(),
    })
    .default({ need: 'none', hosts: [] }),
  inputs: z
    .array(z.object({ name: z.string().max(100), label: z.string().max(100), sample: z.string().max(500).default('') }))
    .max(50)
    .default([]),
});

/** What a file holds, or why it holds no preset. The server checks the configuration itself when it is saved. */
export function readPreset(text: string): { preset: Preset } | { problem: string } {
  if (text.length > MAX_FILE) return { problem: 'The file is longer than 64 KB, which no preset is.' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'The file is not JSON.' };
  }
  const read = shape.safeParse(value);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    return { problem: `The file is no preset: ${where || 'it'} is missing or of another kind than expected.` };
  }
  const { docs, ...rest } = read.data;
  const known = new Set(rest.inputs.map((i) => i.name));
  const further = placeholders(rest.config).filter((name) => !known.has(name));
  return {
    preset: {
      ...rest,
      slug: '',
      category: '',
      docs: /^https?:\/\//.test(docs) ? docs : '',
      inputs: [...rest.inputs, ...further.map((name) => ({ name, label: name, sample: '' }))],
      example: null,
    },
  };
}

/** The step as a file for others: the request and its outputs, never the credential. */
export function writePreset(name: string, step: EnrichmentStep): string {
  const auth = step.config?.['auth'];
  const keyed = typeof auth === 'object' && auth !== null && !Array.isArray(auth) && textOf(auth['kind']) !== '';
  const host = hostOf(textOf(step.config?.['url']));
  const file = {
    name,
    description: '',
    key: { need: keyed ? 'required' : 'none', hosts: keyed && host ? [host] : [] },
    inputs: placeholders(step.config).map((input) => ({ name: input, label: input, sample: '' })),
    config: step.config ?? {},
    output: step.output,
  };
  return JSON.stringify(file, null, 2);
}

function hostOf(url: string): string {
  try {
    return new URL(url.replace(/\{\{[^{}]*\}\}/g, 'x')).hostname;
  } catch {
    return '';
  }
}

/** The step that asks as the preset does, with the table's columns in the place of the preset's inputs. */
export function fromPreset(step: EnrichmentStep, preset: Preset, chosen: Record<string, Column>): EnrichmentStep {
  const rename = (value: CellValue): CellValue => {
    if (typeof value === 'string')
      return value.replace(/\{\{\s*([^{}"\\]+?)\s*\}\}/g, (whole, name: string) => {
        const column = chosen[name];
        return column ? `{{${column.name}}}` : whole;
      });
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, rename(v)]));
    return value;
  };
  const config = rename(preset.config);
  const outputs = preset.config['outputs'];
  const first = typeof outputs === 'object' && outputs !== null ? Object.keys(outputs)[0] : undefined;
  return {
    ...step,
    config: typeof config === 'object' && config !== null && !Array.isArray(config) ? config : {},
    inputs: Object.fromEntries(Object.values(chosen).map((c) => [c.name, { column: c.id }])),
    output: preset.output || (first ?? 'value'),
  };
}

/** Whether a column's name can stand in double braces. */
export const nameable = (c: Column): boolean => !/[{}"\\]/.test(c.name);
