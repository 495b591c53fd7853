import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter, Route, Routes } from 'react-router';
import { beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { api } from '@/api/client';
import { providersQuery } from '@/api/providers';
import { tableQuery } from '@/api/tables';
import type { Backtest, EnrichmentConfig, Provider, Tally } from '@/api/types';
import { BacktestPage } from './backtest-page';

vi.mock('@/lib/use-debounced', () => ({ useDebounced: <T,>(value: T): T => value }));
vi.mock('@/api/permissions', () => ({ useCan: () => () => true }));

const own = {
  steps: [
    { provider: 'first', inputs: {}, output: 'a' },
    { provider: 'second', inputs: {}, output: 'a' },
  ],
} as EnrichmentConfig;
const tally = (found: number, unknown = 0): Tally => ({
  rows: 10 - unknown,
  asked: 10 - unknown,
  found,
  verified: 0,
  cost_mc: found * 1000,
  latency_ms: 1000,
  steps: [],
  unknown,
  ...(unknown ? { estimate: { found: 2, cost_mc: 2000, calls: 3 } } : {}),
});
const answer = (config: EnrichmentConfig): Backtest => ({
  now: tally(4),
  then: config.steps[0]?.provider === 'second' ? tally(6, 3) : tally(4),
  effects: config.steps[0]?.provider === 'second' ? { changed: 2, lost: 1, edited: 1, unknown: 3 } : { same: 10 },
  rows: [],
  rows_seen: 10,
  rows_all: 10,
  complete: true,
});
let post: MockInstance<typeof api.post>;

function show() {
  const client = new QueryClient();
  client.setQueryData(
    providersQuery.queryKey,
    ['first', 'second'].map((slug) => ({
      slug,
      name: slug,
      inputs: [],
      outputs: [],
      price_mc: 0,
    })) as unknown as Provider[],
  );
  client.setQueryData(tableQuery('ws_1', 'tbl_1').queryKey, {
    id: 'tbl_1',
    name: 'Leads',
    columns: [{ id: 'col_1', name: 'Email', type: 'text', kind: 'enrichment', enrichment: own }],
  } as never);
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={['/w/ws_1/tables/tbl_1/columns/col_1/backtest']}>
        <Routes>
          <Route path="/w/:workspaceId/tables/:tableId/columns/:columnId/backtest" element={<BacktestPage />} />
          <Route path="/w/:workspaceId/jobs/:jobId" element={<p>The job</p>} />
        </Routes>
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

describe('the back-test of a column', () => {
  beforeEach(() => {
    post = vi.spyOn(api, 'post').mockImplementation((path: string, body?: unknown) =>
      Promise.resolve({
        data: path.endsWith('enrichment-replay')
          ? { id: 'job_1' }
          : answer((body as { config: EnrichmentConfig }).config),
      } as never),
    );
  });

  it('moves the figures when a step is moved by the keyboard, and tells apart what is not known', async () => {
    show();
    expect(await screen.findByText('No cell would change.')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Apply to 0 cells' })).toBeDisabled();
    screen.getByRole('button', { name: 'Move second up' }).focus();
    await userEvent.keyboard('{Enter}');
    expect(await screen.findByText('6 of 7')).toBeInTheDocument();
    expect(screen.getByText('3 rows are not known.')).toBeInTheDocument();
    expect(screen.getByText(/Likely 2 more answers for 2 credits, with 3 calls/)).toBeInTheDocument();
    expect(screen.getByText('Loses its answer')).toBeInTheDocument();
  });

  it('keeps a step that is left out at hand, and goes back to what the column has', async () => {
    show();
    await screen.findByText('No cell would change.');
    await userEvent.click(screen.getByRole('button', { name: 'Remove first' }));
    const out = screen.getByRole('region', { name: 'Left out' });
    expect(within(out).getByText('first')).toBeInTheDocument();
    await userEvent.click(within(out).getByRole('button', { name: 'Put back' }));
    expect(screen.queryByRole('region', { name: 'Left out' })).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'As the column has it' }));
    expect(screen.getByRole('button', { name: 'As the column has it' })).toBeDisabled();
  });

  it('says what applying does before it does it', async () => {
    show();
    await screen.findByText('No cell would change.');
    await userEvent.click(screen.getByRole('button', { name: 'Move first down' }));
    const apply = await screen.findByRole('button', { name: 'Apply to 3 cells' });
    await waitFor(() => expect(apply).toBeEnabled());
    await userEvent.click(apply);
    expect(screen.getByText(/2 cells get another answer, 1 cell loses its answer/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(await screen.findByText('The job')).toBeInTheDocument();
    expect(post).toHaveBeenLastCalledWith('/workspaces/ws_1/tables/tbl_1/columns/col_1/enrichment-replay', {
      config: { steps: [own.steps[1], own.steps[0]] },
    });
  });
});
