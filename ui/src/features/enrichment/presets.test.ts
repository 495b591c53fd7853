import { describe, expect, it } from 'vitest';
import type { Column, EnrichmentStep } from '@/api/types';
import { placeholders } from './config';
import { fromPreset, MAX_FILE, readPreset, writePreset } from './presets';

const column: Column = { id: 'col_1', name: 'Company name', type: 'text', kind: 'data', created_at: '' };
const step: EnrichmentStep = {
  provider: 'http_api',
  credential_id: 'crd_1',
  inputs: { Company: { column: 'col_1' } },
  config: {
    method: 'GET',
    url: 'https://api.example.com/v1?q={{Company}}',
    auth: { kind: 'bearer' },
    outputs: { number: { path: '$.items[0].number', type: 'text' } },
  },
  output: 'number',
};

describe('presets', () => {
  it('what is exported can be imported, without the credential', () => {
    const text = writePreset('api.example.com', step);
    expect(text).not.toContain('crd_1');
    const got = readPreset(text);
    if (!('preset' in got)) throw new Error(got.problem);
    expect(got.preset.key).toEqual({ need: 'required', hosts: ['api.example.com'] });
    expect(got.preset.inputs).toEqual([{ name: 'Company', label: 'Company', sample: '' }]);
    const used = fromPreset({ ...step, config: {}, inputs: {} }, got.preset, { Company: column });
    expect(used.config?.['url']).toBe('https://api.example.com/v1?q={{Company name}}');
    expect(used.inputs).toEqual({ 'Company name': { column: 'col_1' } });
    expect(used.output).toBe('number');
  });

  it('asks for inputs that a file does not list', () => {
    const got = readPreset('{"name":"x","config":{"url":"https://x.de/{{Domain}}"}}');
    expect('preset' in got && got.preset.inputs).toEqual([{ name: 'Domain', label: 'Domain', sample: '' }]);
    expect('preset' in got && placeholders(got.preset.config)).toEqual(['Domain']);
  });

  it.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['no config', '{"name":"x"}'],
    ['a config that is none', '{"name":"x","config":"y"}'],
    ['a key of another kind', '{"name":"x","config":{},"key":{"need":"maybe"}}'],
    ['too long', `"${'x'.repeat(MAX_FILE)}"`],
  ])('refuses %s', (_, text) => {
    expect(readPreset(text)).toHaveProperty('problem');
  });

  it('links to no script', () => {
    const got = readPreset('{"name":"x","config":{},"docs":"javascript:alert(1)"}');
    expect('preset' in got && got.preset.docs).toBe('');
  });
});
