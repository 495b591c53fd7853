import { QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import { http } from 'msw';
import { setupServer } from 'msw/node';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { api } from '@/api/client';
import { makeQueryClient } from '@/app/query-client';
import { routes } from '@/app/routes';
import { Toaster } from '@/components/toaster';
import { useSession } from '@/lib/session';
import { mockApp, type MockApp } from './mock/app';

/** A network that is the in-memory server, fresh for every test. */
export function mockNetwork(): { app: MockApp } {
  const holder = { app: mockApp(40) };
  const server = setupServer(http.all('*/api/v1/*', ({ request }) => holder.app.handle(request)));
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  beforeEach(() => {
    holder.app = mockApp(40);
    holder.app.state.signedIn = true;
    api.setToken(null);
    localStorage.setItem('morket.session', 'yes');
    useSession.setState({ status: 'starting', user: null, workspaces: [] });
  });
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return holder;
}

/** The whole app at a route. */
export function renderApp(path: string): RenderResult & { router: ReturnType<typeof createMemoryRouter> } {
  const router = createMemoryRouter(routes, { initialEntries: [path] });
  const client = makeQueryClient();
  const result = render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
      <Toaster />
    </QueryClientProvider>,
  );
  return { ...result, router };
}
