import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Estimate, Table } from '@/api/types';
import { RunDialog } from './run-dialog';

const estimateRun = vi.hoisted(() => vi.fn());
vi.mock('../api/enrichment', () => ({ estimateRun, startRun: vi.fn() }));
vi.mock('@/api/credits', () => ({
  creditsQuery: () => ({ queryKey: ['credits'], queryFn: () => ({ available_mc: 5000 }) }),
}));
vi.mock('@/api/providers', () => ({ useProviderName: () => (slug: string) => slug }));

const estimate: Estimate = {
  records: 100,
  min_mc: 0,
  likely_mc: 0,
  max_mc: 0,
  per_provider: [{ provider: 'llm', calls: 100, likely_mc: 0, likely_usd_micros: 123_456 }],
  likely_usd_micros: 123_456,
  max_usd_micros: 4_800_000,
};

function show(changed: Partial<Estimate> = {}) {
  estimateRun.mockResolvedValue({ ...estimate, ...changed });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RunDialog
        workspaceId="ws_1"
        table={{ id: 'tbl_1', columns: [], row_count: 100 } as unknown as Table}
        columnIds={[]}
        rowIds={null}
        query={{ filter: null, q: '' }}
        shown={100}
        onClose={vi.fn()}
      />
    </QueryClientProvider>,
  );
}

describe('what a run will cost', () => {
  beforeEach(() => estimateRun.mockReset());
  it('is told on the own bills with vendors that charge by use, too', async () => {
    show();
    expect(await screen.findByText(/On your own bills/)).toHaveTextContent('about $0.12, at most $4.80');
    expect(screen.getByText('100 calls · about $0.12')).toBeInTheDocument();
  });
  it('says nothing of bills where no vendor charges by use', async () => {
    show({ per_provider: [{ provider: 'guess', calls: 100, likely_mc: 0 }], likely_usd_micros: 0, max_usd_micros: 0 });
    expect(await screen.findByText('100 calls · free')).toBeInTheDocument();
    expect(screen.queryByText(/On your own bills/)).not.toBeInTheDocument();
  });
});
