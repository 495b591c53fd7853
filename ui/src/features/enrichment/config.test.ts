import { describe, expect, it } from 'vitest';
import type { Column, EnrichmentStep, Provider, Table } from '@/api/types';
import {
  bindPlaceholders,
  mayBeAskedTwice,
  moved,
  newStep,
  placeholders,
  problemOf,
  typeOfStep,
  withMapped,
} from './config';

const column = (id: string, name: string, type: Column['type'] = 'text'): Column => ({
  id,
  name,
  type,
  kind: 'data',
  created_at: '',
});
const table: Table = {
  id: 't',
  name: 'T',
  row_count: 0,
  columns: [column('c1', 'Company'), column('c2', 'Website', 'url'), column('c3', 'Work email', 'email')],
  views: [],
  schema_version: 1,
  last_position: 1,
  created_at: '',
};
const provider = (more: Partial<Provider>): Provider => ({
  slug: 'p',
  name: 'P',
  description: '',
  category: 'x',
  inputs: [],
  outputs: [],
  price_mc: 0,
  auth: 'none',
  terms: '',
  limits: {},
  health: { state: 'ok', success_rate: 1, p50_ms: 1 },
  idempotent: true,
  ...more,
});

describe('a new step', () => {
  it('takes its inputs from the columns that look like them', () => {
    const step = newStep(
      provider({
        inputs: [{ name: 'domain', label: 'Domain', type: 'text', required: true }],
        outputs: [{ name: 'email', label: 'Email', type: 'email' }],
      }),
      table,
    );
    expect(step.inputs).toEqual({ domain: { column: 'c2' } });
    expect(step.output).toBe('email');
  });
  it('takes the answer of another enrichment, never its own', () => {
    const enriched: Column = { ...column('c4', 'Company domain'), kind: 'enrichment' };
    const asks = provider({ inputs: [{ name: 'domain', label: 'Domain', type: 'text', required: true }] });
    const only = { ...table, columns: [column('c1', 'Company'), enriched] };
    expect(newStep(asks, only).inputs).toEqual({ domain: { column: 'c4' } });
    expect(newStep(asks, only, enriched).inputs).toEqual({});
  });
});

describe('what stands in the way of saving', () => {
  const keyed = provider({ auth: 'key', inputs: [{ name: 'email', label: 'Email', type: 'email', required: true }] });
  it.each([
    ['no step', { steps: [] }, 'Add at least one provider.'],
    ['a required input', { steps: [{ provider: 'p', inputs: {}, output: 'x' }] }, 'P needs “Email”.'],
    [
      'a credential',
      { steps: [{ provider: 'p', inputs: { email: { column: 'c3' } }, output: 'x' }] },
      'P needs a credential.',
    ],
    [
      'nothing',
      { steps: [{ provider: 'p', inputs: { email: { column: 'c3' } }, output: 'x', credential_id: 'k' }] },
      null,
    ],
  ])('%s', (_, config, problem) => {
    expect(problemOf(config, [keyed])).toBe(problem);
  });
});

describe('a provider that is configured', () => {
  const http = provider({ dynamic: true });
  const config = {
    url: 'https://api.example.com/{{ Company }}?m={{Work email}}',
    outputs: { size: { path: '$.n', type: 'number' } },
  };
  it('needs the columns that its texts name', () => {
    expect(placeholders(config)).toEqual(['Company', 'Work email']);
    expect(bindPlaceholders(config, table.columns)).toEqual({
      Company: { column: 'c1' },
      'Work email': { column: 'c3' },
    });
  });
  it('says which name is no column', () => {
    const step = { provider: 'p', inputs: {}, output: 'size', config: { ...config, url: 'https://x/{{Nope}}' } };
    expect(problemOf({ steps: [step] }, [http])).toBe('{{Nope}} names no column of this table.');
  });
  it('gives its column the type of the chosen field', () => {
    expect(typeOfStep(http, { provider: 'p', inputs: {}, output: 'size', config })).toBe('number');
  });
});

it('reorders', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
});

it('says whether asking a provider twice is free', () => {
  const step = (config?: Record<string, string>): EnrichmentStep => ({
    provider: 'p',
    inputs: {},
    output: 'value',
    ...(config && { config }),
  });
  expect(mayBeAskedTwice(provider({}), step())).toBe(true);
  expect(mayBeAskedTwice(provider({ idempotent: false }), step())).toBe(false);
  const http = provider({ slug: 'http_api', idempotent: false, dynamic: true });
  expect(['GET', 'PUT', 'POST'].map((method) => mayBeAskedTwice(http, step({ method })))).toEqual([true, true, false]);
});

describe('a value of an answer that is picked', () => {
  const step = (outputs: Record<string, { path: string; type: string }>, output: string): EnrichmentStep => ({
    provider: 'http_api',
    inputs: {},
    output,
    config: { url: 'https://x', outputs },
  });
  it('takes the place of the field that stands for nothing yet', () => {
    const got = withMapped(step({ value: { path: '$.', type: 'text' } }, 'value'), '$.data.staff', 7);
    expect(got.field).toBe('staff');
    expect(got.step.output).toBe('staff');
    expect(got.step.config).toEqual({ url: 'https://x', outputs: { staff: { path: '$.data.staff', type: 'number' } } });
  });
  it('comes beside the others under a name of its own', () => {
    const before = step({ name: { path: '$.name', type: 'text' } }, 'name');
    const got = withMapped(before, '$.company.name', 'Acme');
    expect(got.field).toBe('name_2');
    expect(got.step.output).toBe('name');
    expect(withMapped(got.step, '$.company.name', 'Acme')).toEqual({ step: got.step, field: 'name_2' });
  });
});
