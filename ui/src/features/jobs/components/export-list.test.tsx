import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { api } from '@/api/client';
import { ExportList } from './export-list';

const at = new Date().toISOString();
const files = [
  {
    id: 'exp_1',
    table_id: 't',
    filename: 'Leads.xlsx',
    format: 'xlsx',
    state: 'running',
    rows: 5,
    table_rows: 10,
    created_at: at,
  },
  {
    id: 'exp_2',
    table_id: 't',
    filename: 'Old.csv',
    format: 'csv',
    state: 'ready',
    rows: 3,
    table_rows: 3,
    size: 2048,
    url: '/api/v1/exported-files/x',
    created_at: at,
  },
  {
    id: 'exp_3',
    table_id: 't',
    filename: 'Gone.csv',
    format: 'csv',
    state: 'failed',
    rows: 0,
    table_rows: 3,
    error: 'no table here',
    created_at: at,
  },
];

function show(list: unknown[]) {
  const get = vi.spyOn(api, 'get').mockResolvedValue({ data: list } as never);
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ExportList ws="ws_1" />
    </QueryClientProvider>,
  );
  return get;
}

beforeEach(() => vi.restoreAllMocks());

it('shows how far files are, and their links', async () => {
  show(files);
  const ready = (await screen.findByText('Old.csv')).closest('tr');
  expect(within(ready as HTMLElement).getByRole('link', { name: 'Download' })).toHaveAttribute(
    'href',
    '/api/v1/exported-files/x',
  );
  expect(screen.getByText('no table here')).toBeVisible();
  expect(screen.getAllByRole('link')).toHaveLength(1);
});

it('cancels a file that is being made', async () => {
  show(files);
  const post = vi.spyOn(api, 'post').mockResolvedValue({ data: null } as never);
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
  expect(post).toHaveBeenCalledWith(expect.stringContaining('/exports/exp_1/cancel'), {});
});

it('shows nothing while there is no file', async () => {
  const get = show([]);
  await vi.waitFor(() => expect(get).toHaveBeenCalled());
  expect(screen.queryByRole('table')).toBeNull();
});
