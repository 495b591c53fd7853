import { useState } from 'react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { describe, expect, it } from 'vitest';
import { credentialsQuery } from '@/api/credentials';
import type { Column, Credential, EnrichmentStep, Provider, Table } from '@/api/types';
import { newStep, problemOf } from '../config';
import { ResearchForm } from './research-form';

const column = (id: string, name: string): Column => ({ id, name, type: 'text', kind: 'data', created_at: '' });
const table = { id: 't', name: 'T', columns: [column('c1', 'Company'), column('c2', 'Country')] } as Table;
const provider = {
  slug: 'research',
  name: 'AI research',
  dynamic: true,
  auth: 'optional',
  inputs: [],
  outputs: [],
  further: [{ use: 'search', label: 'Search engine', kinds: ['serper', 'brave_search'] }],
} as unknown as Provider;
const key = {
  id: 'crd_1',
  provider: 'brave_search',
  name: 'Ours',
  masked: '••••1234',
  hosts: [],
} as unknown as Credential;

function show(credentials: Credential[]) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(credentialsQuery('ws_1').queryKey, credentials);
  const now: { step: EnrichmentStep } = { step: newStep(provider, table) };
  function Form() {
    const [step, setStep] = useState(now.step);
    now.step = step;
    return <ResearchForm workspaceId="ws_1" table={table} provider={provider} step={step} onChange={setStep} />;
  }
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <Form />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return now;
}

describe('the form of a research', () => {
  it('fills in question, model, search engine and cells, and says what is missing until then', async () => {
    const now = show([key]);
    const problem = () => problemOf({ steps: [now.step] }, [provider]);
    expect(problem()).toBe('AI research needs a model.');
    await userEvent.type(screen.getByLabelText('Model'), 'm');
    expect(problem()).toBe('AI research needs a question.');
    await userEvent.type(screen.getByLabelText('Question'), 'Who leads {{{{Company}}?');
    expect(problem()).toBe('AI research needs a credential for: Search engine.');
    await userEvent.selectOptions(screen.getByLabelText('Search engine'), 'crd_1');
    expect(problem()).toBeNull();
    await userEvent.click(screen.getByText('Other cells that it may look at'));
    expect(screen.queryByLabelText('Company')).toBeNull();
    await userEvent.click(screen.getByLabelText('Country'));
    expect(now.step).toMatchObject({
      provider: 'research',
      output: 'answer',
      further_credentials: { search: 'crd_1' },
      inputs: { Company: { column: 'c1' }, Country: { column: 'c2' } },
      config: { model: 'm', question: 'Who leads {{Company}}?', search: 'brave_search', cells: ['{{Country}}'] },
    });
    await userEvent.click(screen.getByLabelText('Country'));
    expect(now.step.inputs).toEqual({ Company: { column: 'c1' } });
  });
  it('leads to the keys of both search engines where there is none', () => {
    show([]);
    expect(screen.getByRole('link', { name: 'Serper' })).toHaveAttribute(
      'href',
      '/w/ws_1/settings/credentials?add=serper',
    );
    expect(screen.getByRole('link', { name: 'Brave Search' })).toBeInTheDocument();
  });
});
