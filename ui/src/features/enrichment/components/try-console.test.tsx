import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/errors';
import { providersQuery } from '@/api/providers';
import type { EnrichmentConfig, PreviewAnswer, Provider } from '@/api/types';
import { previewEnrichment } from '../api/enrichment';
import { TryConsole, type TryConsoleProps } from './try-console';

vi.mock('../api/enrichment', () => ({ previewEnrichment: vi.fn() }));
const ask = vi.mocked(previewEnrichment);
const config = { steps: [{ provider: 'paid', output: 'a' }] } as EnrichmentConfig;
const row = (id: string): { id: string; name: string } => ({ id, name: `Name of ${id}` });
const answer = (change: Partial<PreviewAnswer> = {}): PreviewAnswer => ({
  value: 'x',
  outputs: {},
  state: 'value',
  attempts: [],
  exchanges: [],
  cost_mc: 2000,
  ...change,
});

function show(props: Partial<TryConsoleProps> = {}): void {
  const client = new QueryClient();
  client.setQueryData(providersQuery.queryKey, [{ slug: 'paid', name: 'Paid', price_mc: 2000 }] as Provider[]);
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <TryConsole
          workspaceId="ws_1"
          tableId="tbl_1"
          config={config}
          ready
          choices={[
            { label: 'the selected row', rows: [row('row_1')] },
            { label: 'the first 2 rows', rows: [row('row_1'), row('row_2')] },
          ]}
          onPick={() => undefined}
          onAnswer={() => undefined}
          {...props}
        />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}
const tryIt = (): Promise<void> => userEvent.click(screen.getByRole('button', { name: 'Try' }));

describe('the console that tries an enrichment', () => {
  beforeEach(() => ask.mockReset());
  it('asks paid providers only if told to, and shows what was paid', async () => {
    ask.mockResolvedValue(answer());
    show();
    await tryIt();
    expect(ask).toHaveBeenLastCalledWith('ws_1', 'tbl_1', config, 'row_1', false);
    await userEvent.click(screen.getByLabelText('Ask providers that cost credits too: up to 2 credits'));
    await tryIt();
    expect(ask).toHaveBeenLastCalledWith('ws_1', 'tbl_1', config, 'row_1', true);
    expect(await screen.findByText('2 credits')).toBeInTheDocument();
  });
  it('says where to get credits when there are too few', async () => {
    ask.mockRejectedValueOnce(new ApiError(402, 'INSUFFICIENT_CREDITS', 'this needs 2 credits and 0 are available'));
    show();
    await tryIt();
    expect(await screen.findByText(/this needs 2 credits/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open Credits' })).toHaveAttribute('href', '/w/ws_1/credits');
  });
  it('asks for the chosen rows one after the other, and goes on after one that fails', async () => {
    ask.mockRejectedValueOnce(new Error('no luck')).mockResolvedValueOnce(answer({ value: null, state: 'empty' }));
    const onAnswer = vi.fn();
    show({ onAnswer });
    await userEvent.selectOptions(screen.getByLabelText('Try on'), 'Try on the first 2 rows');
    await tryIt();
    const answers = within(await screen.findByRole('list', { name: 'Answers' }));
    expect(await answers.findByText('No result')).toBeInTheDocument();
    expect(answers.getByText('Name of row_2')).toBeInTheDocument();
    expect(ask.mock.calls.map((c) => c[3])).toEqual(['row_1', 'row_2']);
    expect(onAnswer).toHaveBeenCalledTimes(1);
  });
  it('shows a step’s request and answer, in which a value is picked by its path', async () => {
    const exchange = {
      step: 0,
      method: 'GET',
      url: 'https://a.b/c',
      status: 200,
      body: '{"d":[{"n":7}]}',
      latency_ms: 5,
    };
    const attempt = { step: 0, provider: 'paid', status: 'succeeded', latency_ms: 5, credits_mc: 0 };
    ask.mockResolvedValue(answer({ attempts: [attempt], exchanges: [exchange] }));
    const picked = vi.fn();
    show({ onPick: () => picked });
    await tryIt();
    expect(await screen.findByText('HTTP 200')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Map $.d[0].n to a column' }));
    expect(picked).toHaveBeenCalledWith('$.d[0].n', 7);
  });
  it('can’t be used without a row', () => {
    show({ choices: [{ label: 'the selected row', rows: [] }] });
    expect(screen.getByRole('button', { name: 'Try' })).toBeDisabled();
    expect(screen.getByText('There is no row to try it on')).toBeInTheDocument();
  });
});
