import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

const net = mockNetwork();
const slow = { timeout: 8000 };

async function accessible(): Promise<void> {
  const rules = { 'color-contrast': { enabled: false }, region: { enabled: false } };
  expect((await axe.run(document.body, { rules })).violations).toEqual([]);
}

describe('integrations', () => {
  it('says what is connected, and what to set for what is not', async () => {
    renderApp('/w/ws_demo/integrations?failed=the+access+was+refused');
    expect(await screen.findByText('Acme Ltd', {}, slow)).toBeVisible();
    expect(screen.getByText('Not connected: the access was refused')).toBeVisible();
    expect(screen.getByText(/Set MORKET_SALESFORCE_CLIENT_ID/)).toBeVisible();
    expect(screen.getByText(/110 calls in 10 seconds/)).toBeVisible();
    await accessible();
  }, 20_000);

  it.each(['viewer', 'member'] as const)(
    'offers a %s what the role allows',
    async (role) => {
      net.app.state.role = role;
      renderApp('/w/ws_demo/integrations');
      expect(await screen.findByText('Acme Ltd', {}, slow)).toBeVisible();
      expect(screen.queryByRole('button', { name: /Connect|Disconnect/ })).toBeNull();
      expect(screen.queryAllByRole('button', { name: 'New sync' })).toHaveLength(role === 'member' ? 1 : 0);
    },
    20_000,
  );

  it('shows each change before it is made, and takes a push back', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/integrations/sync');
    const table = [...net.app.state.tables.values()][0];
    await user.selectOptions(await screen.findByLabelText('Rows of', {}, slow), table?.id ?? '');
    await user.selectOptions(screen.getByLabelText('Into'), 'con_1');
    await user.selectOptions(screen.getByLabelText('As'), 'contacts');
    await user.click(await screen.findByRole('button', { name: 'Preview' }, slow));
    expect(await screen.findByText('Acme')).toBeVisible();
    await accessible();

    await user.click(screen.getByRole('button', { name: 'Save and dry run' }));
    expect(await screen.findByText('1 to update, 1 skipped', {}, slow)).toBeVisible();
    expect(await screen.findByText('The row has no value to find its record by')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Reverse' })).toBeNull();
    await accessible();

    await user.click(screen.getByRole('button', { name: 'Push now' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Push now' }));
    await waitFor(() => expect(router.state.location.pathname).toContain('syr_2'));
    expect(await screen.findByText('1 updated, 1 skipped', {}, slow)).toBeVisible();

    await user.click(screen.getByRole('button', { name: 'Reverse' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Dry run' }));
    expect(await screen.findByRole('heading', { name: /Dry run of a reversal/ }, slow)).toBeVisible();
    expect(screen.getByRole('link', { name: 'The push that it reverses' })).toBeVisible();
  }, 30_000);

  it('pulls, and lets a person decide what was changed on both sides', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/integrations/sync');
    const table = [...net.app.state.tables.values()][0];
    await user.selectOptions(await screen.findByLabelText('Rows of', {}, slow), table?.id ?? '');
    await user.selectOptions(screen.getByLabelText('Into'), 'con_1');
    await user.selectOptions(screen.getByLabelText('As'), 'contacts');
    expect(await screen.findByRole('button', { name: 'Preview' }, slow)).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Direction of field 1'), 'pull');
    expect(screen.queryByRole('button', { name: 'Preview' })).toBeNull();
    await user.selectOptions(screen.getByLabelText('When a value was changed on both sides'), 'ask');
    await user.click(screen.getByLabelText(/Create a row where none matches/));
    await user.selectOptions(screen.getByLabelText(/Pull by itself/), 'Every hour');
    await accessible();
    await user.click(screen.getByRole('button', { name: 'Save and dry run' }));
    expect(await screen.findByRole('heading', { name: /Dry run of a pull/ }, slow)).toBeVisible();

    await user.click(within(screen.getByRole('main')).getByRole('link', { name: 'Integrations' }));
    expect(await screen.findByText(/^Pulls every hour, next /, {}, slow)).toBeVisible();
    await user.click(await screen.findByRole('link', { name: '1 conflict to decide' }, slow));
    expect(
      await screen.findByRole('button', { name: 'Take the CRM’s values of ada@acme.example' }, slow),
    ).toBeVisible();
    await accessible();
    await user.click(screen.getByRole('button', { name: 'Take the CRM’s for all' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Take the CRM’s' }));
    await waitFor(() => expect(router.state.location.pathname).toContain('syr_2'));
    expect(await screen.findByRole('heading', { name: /^Pull/ }, slow)).toBeVisible();
  }, 30_000);
});
