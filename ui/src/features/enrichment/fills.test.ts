import { describe, expect, it } from 'vitest';
import type { Column, EnrichmentStep, Provider } from '@/api/types';
import { fieldsOf, fillsOf, isMain, newFill, splitFills } from './fills';

const column = (id: string, name: string): Column => ({ id, name, type: 'text', kind: 'data', created_at: '' });
const step = (provider: string, output: string, config?: EnrichmentStep['config']): EnrichmentStep => ({
  provider,
  inputs: {},
  output,
  ...(config ? { config } : {}),
});
const site = {
  slug: 'site',
  outputs: [
    { name: 'title', label: 'Title', type: 'text' },
    { name: 'phone', label: 'Phone', type: 'phone' },
  ],
} as unknown as Provider;
const http = { slug: 'http_api', dynamic: true, outputs: [] } as unknown as Provider;

describe('fields of an answer', () => {
  it('are those of all steps, each once, by the step’s own names where they are configured', () => {
    const steps = [
      step('site', 'title'),
      step('http_api', 'title', { outputs: { title: { path: '$.t' }, staff: { path: '$.n', type: 'number' } } }),
    ];
    expect(fieldsOf(steps, [site, http])).toEqual([
      { name: 'title', label: 'Title', type: 'text' },
      { name: 'phone', label: 'Phone', type: 'phone' },
      { name: 'staff', label: 'staff', type: 'number' },
    ]);
    expect(isMain(steps, 'title')).toBe(true);
    expect(isMain([...steps, step('site', 'phone')], 'title')).toBe(false);
  });
});

describe('fills', () => {
  const phone = { name: 'phone', label: 'Phone', type: 'phone' as const };
  it('forget columns that are gone', () => {
    const config = {
      steps: [],
      outputs: [
        { output: 'a', column_id: 'c1' },
        { output: 'b', column_id: 'gone' },
      ],
    };
    expect(fillsOf(config, [column('c1', 'A')])).toEqual({ a: { columnId: 'c1' } });
  });
  it('begin as a new column under a free name', () => {
    expect(newFill(phone, [], {})).toEqual({ name: 'Phone', type: 'phone' });
    const taken = { other: { name: 'Phone 2', type: 'text' as const } };
    expect(newFill(phone, [column('c', 'PHONE')], taken)).toEqual({ name: 'Phone 3', type: 'phone' });
  });
  it('become outputs and columns to be made', () => {
    const fills = {
      phone: { name: ' Phone ', type: 'phone' as const },
      title: { columnId: 'c1' },
      old: { columnId: 'c2' },
    };
    expect(splitFills(fills, fieldsOf([step('site', 'title')], [site]))).toEqual({
      outputs: [{ output: 'title', column_id: 'c1' }],
      added: [{ output: 'phone', name: 'Phone', type: 'phone' }],
    });
  });
});
