import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/errors';
import { providersQuery } from '@/api/providers';
import type { EnrichmentConfig, Provider } from '@/api/types';
import { previewEnrichment } from '../api/enrichment';
import { PreviewPane } from './preview-pane';

vi.mock('../api/enrichment', () => ({ previewEnrichment: vi.fn() }));
const ask = vi.mocked(previewEnrichment);
const config = { steps: [{ provider: 'paid', output: 'a' }] } as EnrichmentConfig;

function show() {
  const client = new QueryClient();
  client.setQueryData(providersQuery.queryKey, [{ slug: 'paid', name: 'Paid', price_mc: 2000 }] as Provider[]);
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <PreviewPane workspaceId="ws_1" tableId="tbl_1" config={config} ready sampleRow="row_1" />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

describe('the preview of an enrichment that costs credits', () => {
  it('asks paid providers only if told to, and shows what was paid', async () => {
    ask.mockResolvedValue({ value: 'x', outputs: {}, state: 'value', attempts: [], cost_mc: 2000 });
    show();
    await userEvent.click(screen.getByRole('button', { name: 'Try' }));
    expect(ask).toHaveBeenLastCalledWith('ws_1', 'tbl_1', config, 'row_1', false);
    await userEvent.click(screen.getByLabelText('Ask providers that cost credits too: up to 2 credits'));
    await userEvent.click(screen.getByRole('button', { name: 'Try' }));
    expect(ask).toHaveBeenLastCalledWith('ws_1', 'tbl_1', config, 'row_1', true);
    expect(await screen.findByText('Cost 2 credits')).toBeInTheDocument();
  });
  it('says where to get credits when there are too few', async () => {
    ask.mockRejectedValue(new ApiError(402, 'INSUFFICIENT_CREDITS', 'this needs 2 credits and 0 are available'));
    show();
    await userEvent.click(screen.getByRole('button', { name: 'Try' }));
    expect(await screen.findByText(/this needs 2 credits/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open Credits' })).toHaveAttribute('href', '/w/ws_1/credits');
  });
});
