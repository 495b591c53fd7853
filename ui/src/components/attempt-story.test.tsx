import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { Attempt, StoryStep } from '@/api/types';
import { AttemptList } from './attempt-list';
import type { StorySource } from './attempt-story';

const steps: StoryStep[] = [
  {
    said: '{"why":"find pages","action":"search"}',
    tool: 'search',
    subject: 'Acme',
    result: '{"results":[]}',
    took_ms: 40,
    tokens_in: 1200,
    tokens_out: 30,
    cost_usd_micros: 1320,
  },
  { said: '{"action":"read"}', tool: 'read', subject: 'https://x.example/', error: 'may not be read', took_ms: 5 },
  { said: 'not JSON', tool: 'answer', took_ms: 5, cut: true },
];
const attempt: Attempt = {
  step: 0,
  provider: 'research',
  status: 'succeeded',
  latency_ms: 50,
  credits_mc: 0,
  steps: 3,
  tokens_in: 1200,
  tokens_out: 30,
  cost_usd_micros: 1320,
};

function show(of: Attempt, source?: StorySource) {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <AttemptList attempts={[of]} nameOf={() => 'AI research'} {...(source ? { stories: source } : {})} />
    </QueryClientProvider>,
  );
}
const open = () => userEvent.click(screen.getByText('How it was worked out: 3 steps'));

describe('the story of an attempt', () => {
  it('tells tokens and cost, and each step', async () => {
    show({ ...attempt, story: steps });
    expect(screen.getAllByText(/1,200 \+ 30 tokens · \$0\.00132/)[0]).toBeInTheDocument();
    await open();
    expect(screen.getByText('find pages')).toBeInTheDocument();
    expect(screen.getByText('may not be read')).toBeInTheDocument();
    expect(screen.getByText('Answered')).toBeInTheDocument();
    expect(screen.getByText(/Too long to be kept/)).toBeInTheDocument();
  });
  it('is read when it is opened, and not before', async () => {
    const load = vi.fn(() => Promise.resolve([{ attempt: 0, steps }]));
    show(attempt, { key: ['a'], load });
    expect(load).not.toHaveBeenCalled();
    await open();
    expect(await screen.findByText('Searched for')).toBeInTheDocument();
    expect(load).toHaveBeenCalledTimes(1);
  });
  it('says when it is not kept any more, and when it can’t be loaded', async () => {
    show(attempt, { key: ['b'], load: () => Promise.resolve([]) });
    await open();
    expect(await screen.findByText('The steps are not kept any more.')).toBeInTheDocument();
  });
  it('says when it can’t be loaded', async () => {
    show(attempt, { key: ['c'], load: () => Promise.reject(new Error('away')) });
    await open();
    expect(await screen.findByText('The steps could not be loaded.')).toBeInTheDocument();
  });
  it('has none where an answer took one step', () => {
    show({ ...attempt, steps: 0, tokens_in: 0, tokens_out: 0, cost_usd_micros: 0 });
    expect(screen.queryByText(/worked out/)).toBeNull();
    expect(screen.queryByText(/tokens/)).toBeNull();
  });
});
