import { useState } from 'react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { presetsQuery } from '@/api/providers';
import type { Column, EnrichmentStep, Preset, Table } from '@/api/types';
import { PresetFields } from './preset-fields';

const column = (id: string, name: string): Column => ({ id, name, type: 'text', kind: 'data', created_at: '' });
const table = { id: 't', name: 'T', columns: [column('c1', 'Company name'), column('c2', 'Country')] } as Table;
const preset: Preset = {
  slug: 'register',
  name: 'Company register',
  description: 'A company by its name.',
  category: 'companies',
  docs: 'https://api.example.com/docs',
  key: { need: 'required', hosts: ['api.example.com'], how: 'Ask for one.' },
  inputs: [{ name: 'company', label: 'Company', sample: 'Acme' }],
  config: { url: 'https://api.example.com/?q={{company}}', outputs: { number: { path: '$.n', type: 'text' } } },
  output: 'number',
  example: null,
};

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(presetsQuery('http_api').queryKey, [preset]);
  const now: { step: EnrichmentStep } = { step: { provider: 'http_api', inputs: {}, config: {}, output: 'value' } };
  function Form() {
    const [step, setStep] = useState(now.step);
    now.step = step;
    return <PresetFields table={table} step={step} onChange={setStep} />;
  }
  render(
    <QueryClientProvider client={client}>
      <Form />
    </QueryClientProvider>,
  );
  return now;
}

describe('presets', () => {
  it('one that is chosen asks with the column that fits', async () => {
    const user = userEvent.setup();
    const now = show();
    await user.selectOptions(screen.getByLabelText('Start from a preset'), 'Company register');
    expect(screen.getByText(/make its credential for api.example.com/)).toBeVisible();
    expect(screen.getByRole('link', { name: /Documentation/ })).toHaveAttribute('href', 'https://api.example.com/docs');
    await user.click(screen.getByRole('button', { name: 'Use this preset' }));
    expect(now.step.config?.['url']).toBe('https://api.example.com/?q={{Company name}}');
    expect(now.step.inputs).toEqual({ 'Company name': { column: 'c1' } });
    expect(now.step.output).toBe('number');
  });

  it('a file of a colleague is taken, and one that is none is told', async () => {
    const user = userEvent.setup();
    const now = show();
    const input = screen.getByLabelText('File of a preset');
    await user.upload(input, new File(['<html>'], 'x.json', { type: 'application/json' }));
    expect(await screen.findByText('The file is not JSON.')).toBeVisible();
    const text = JSON.stringify({
      name: 'Ours',
      config: { url: 'https://x.de/{{Country}}', outputs: { a: { path: '$.a' } } },
    });
    await user.upload(input, new File([text], 'x.json', { type: 'application/json' }));
    await user.click(await screen.findByRole('button', { name: 'Use this preset' }));
    expect(now.step.config?.['url']).toBe('https://x.de/{{Country}}');
    expect(now.step.output).toBe('a');
  });
});
