import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { driftQuery } from '../api/drift';
import { DriftNotice } from './drift-notice';

function show(provider: string) {
  const client = new QueryClient();
  client.setQueryData(driftQuery('ws_1').queryKey, [
    { provider: 'apollo', field: 'person.email', was: 'text', now: 'absent', at: '2026-11-29T10:00:00Z' },
    { provider: 'apollo', field: 'person.age', was: 'number', now: 'text', at: '2026-11-29T09:00:00Z' },
    { provider: 'apollo', code: '404', was: 'nothing', now: 'unauthorized', at: '2026-11-29T08:00:00Z' },
  ]);
  render(
    <QueryClientProvider client={client}>
      <DriftNotice workspaceId="ws_1" provider={provider} />
    </QueryClientProvider>,
  );
}

describe('what has changed in the replies of a provider', () => {
  it('is told in words', () => {
    show('apollo');
    expect(screen.getByText(/The field person.email is gone/)).toBeInTheDocument();
    expect(screen.getByText(/The field person.age was number and is text now/)).toBeInTheDocument();
    expect(screen.getByText(/Status 404 meant “Nothing” and now means “Unauthorized”/)).toBeInTheDocument();
  });
  it('is not told of others', () => {
    show('hunter');
    expect(screen.queryByText(/Its replies/)).not.toBeInTheDocument();
  });
});
