import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

const net = mockNetwork();
const slow = { timeout: 8000 };

async function violations(): Promise<string[]> {
  // Contrast needs a layout, which only the browser tests have.
  const { violations: found } = await axe.run(document.body, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
}

describe('signing in', () => {
  it('sends a stranger to the login and back to where he was going', async () => {
    net.app.state.signedIn = false;
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/jobs');
    await user.type(await screen.findByLabelText('Email', {}, slow), 'demo@morket.local');
    await user.type(screen.getByLabelText('Password'), 'wrong-one');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText('The email or the password is wrong.')).toBeInTheDocument();
    await user.clear(screen.getByLabelText('Password'));
    await user.type(screen.getByLabelText('Password'), 'morket-demo');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('heading', { name: 'Jobs' }, slow)).toBeInTheDocument();
    expect(router.state.location.pathname).toBe('/w/ws_demo/jobs');
  });
  it('checks the form before it sends it', async () => {
    net.app.state.signedIn = false;
    const user = userEvent.setup();
    renderApp('/login');
    await user.click(await screen.findByRole('button', { name: 'Sign in' }, slow));
    expect(screen.getByText('Enter your email address')).toBeInTheDocument();
    expect(screen.getByLabelText('Email')).toBeInvalid();
  });
});

describe('the demo account', () => {
  it('is one click away where the server offers it', async () => {
    net.app.state.signedIn = false;
    const user = userEvent.setup();
    const { router } = renderApp('/');
    await user.click(await screen.findByRole('button', { name: 'Use the demo account' }, slow));
    expect(await screen.findByRole('heading', { name: 'Home' }, slow)).toBeInTheDocument();
    expect(router.state.location.pathname).toBe('/w/ws_demo');
  });
});

describe('home', () => {
  it('leads to the tables', async () => {
    renderApp('/w/ws_demo');
    const main = within(await screen.findByRole('main', {}, slow));
    await main.findByText('Recent tables', {}, slow);
    const shown = await main.findAllByRole('link', { name: /\d rows?/ });
    expect(shown.map((a) => a.getAttribute('href')).sort()).toEqual(
      [...net.app.state.tables.keys()].map((id) => `/w/ws_demo/tables/${id}`).sort(),
    );
  });
  it('begins an empty workspace with a sample that has an enrichment ready to run', async () => {
    net.app.state.tables.clear();
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo');
    const start = await screen.findByRole('button', { name: /Start with 20 companies/ }, slow);
    await waitFor(() => expect(start).toBeEnabled());
    await user.click(start);
    await waitFor(() => expect(router.state.location.pathname).toMatch(/\/tables\//), slow);
    const made = [...net.app.state.tables.values()];
    expect(made.map((t) => t.name)).toEqual(['Sample companies']);
    expect(made[0]?.rows).toHaveLength(20);
  });
  it('offers a viewer nothing that is not allowed', async () => {
    net.app.state.role = 'viewer';
    net.app.state.tables.clear();
    renderApp('/w/ws_demo');
    expect(await screen.findByText('No tables yet', {}, slow)).toBeInTheDocument();
    for (const name of [/Start with/, /Paste a list/, /New table/, 'Import'])
      expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
    expect(screen.queryByText('Get started')).not.toBeInTheDocument();
  });
  it('hides the first steps for good', async () => {
    net.app.state.jobs.length = 0;
    const user = userEvent.setup();
    const { unmount } = renderApp('/w/ws_demo');
    await user.click(await screen.findByRole('button', { name: 'Hide the first steps' }, slow));
    expect(screen.queryByText('Get started')).not.toBeInTheDocument();
    unmount();
    renderApp('/w/ws_demo');
    expect(await screen.findByText('Recent tables', {}, slow)).toBeInTheDocument();
    expect(screen.queryByText('Get started')).not.toBeInTheDocument();
  });
});

describe('a pasted list', () => {
  it('goes the way of a file', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/import?paste');
    await user.type(await screen.findByLabelText('Rows', {}, slow), 'Company{Enter}Acme');
    await user.click(screen.getByRole('button', { name: 'Continue' }));
    expect(await screen.findByText(/Pasted list\.csv/, {}, slow)).toBeInTheDocument();
  });
});

describe('what a role may not do', () => {
  it('is not on the page of a viewer', async () => {
    net.app.state.role = 'viewer';
    renderApp('/w/ws_demo/tables');
    expect(await screen.findAllByRole('link', { name: /Contacts/ }, slow)).not.toHaveLength(0);
    expect(screen.queryByRole('button', { name: 'New table' })).not.toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Import' })).not.toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Credits' })).not.toBeInTheDocument();
  });
  it('is there for an owner', async () => {
    renderApp('/w/ws_demo/tables');
    expect(await screen.findByRole('link', { name: 'Credits' }, slow)).toBeInTheDocument();
    expect((await screen.findAllByRole('button', { name: 'New table' })).length).toBeGreaterThan(0);
  });
});

describe('tables', () => {
  it('are made from a template', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/tables');
    const main = within(await screen.findByRole('main', {}, slow));
    await user.click(await main.findByRole('button', { name: 'New table' }, slow));
    await user.type(screen.getByLabelText('Name'), 'Prospects');
    await user.click(screen.getByLabelText(/Companies/));
    await user.click(screen.getByRole('button', { name: 'Create table' }));
    await waitFor(() => expect([...net.app.state.tables.values()].map((t) => t.name)).toContain('Prospects'));
    const made = [...net.app.state.tables.values()].find((t) => t.name === 'Prospects');
    expect(made?.columns.map((c) => c.name)).toContain('Website');
  });
});

describe('credits', () => {
  it('are verified on demand', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/credits');
    await user.click(await screen.findByRole('button', { name: 'Verify' }, slow));
    expect(await screen.findByText(/Verified: 4 entries/)).toBeInTheDocument();
  });
});

describe('jobs', () => {
  it('can be paused', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/jobs/run_000002');
    await user.click(await screen.findByRole('button', { name: 'Pause' }, slow));
    expect(await screen.findByRole('button', { name: 'Resume' }, slow)).toBeInTheDocument();
  });
});

describe('the time zone of a workspace', () => {
  it('is chosen in the settings, and the analytics begin their days in it', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/settings/workspace');
    const save = await screen.findByRole('button', { name: 'Save' }, slow);
    expect(screen.getByLabelText('Time zone')).toHaveValue('Asia/Tokyo');
    await user.selectOptions(screen.getByLabelText('Time zone'), 'America/New_York');
    await user.click(save);
    expect(await screen.findByText('Workspace saved')).toBeInTheDocument();
    await act(() => router.navigate('/w/ws_demo/analytics'));
    expect(await screen.findByLabelText('Time zone', {}, slow)).toHaveDisplayValue('America/New York (workspace)');
    await user.selectOptions(screen.getByLabelText('Time zone'), 'Asia/Tokyo');
    expect(router.state.location.search).toBe('?zone=Asia%2FTokyo');
  });
});

describe('accessibility', () => {
  it.each([
    ['/w/ws_demo', 'Home'],
    ['/w/ws_demo/tables', 'Tables'],
    ['/w/ws_demo/import', 'Import'],
    ['/w/ws_demo/jobs', 'Jobs'],
    ['/w/ws_demo/credits', 'Credits'],
    ['/w/ws_demo/billing', 'Billing'],
    ['/w/ws_demo/settings/members', 'Members'],
    ['/w/ws_demo/settings/api-keys', 'API keys'],
    ['/w/ws_demo/settings/credentials', 'Credentials'],
    ['/w/ws_demo/settings/webhooks', 'Webhooks'],
    ['/w/ws_demo/settings/webhooks/whk_1', 'Webhook'],
    ['/w/ws_demo/settings/account', 'My account'],
  ])('%s', async (path, title) => {
    renderApp(path);
    expect(await screen.findByRole('heading', { name: title, level: 1 }, slow)).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByLabelText('Loading')).not.toBeInTheDocument(), slow);
    expect(await violations()).toEqual([]);
  });
});
