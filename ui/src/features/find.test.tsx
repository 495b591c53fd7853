import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

const net = mockNetwork();
const slow = { timeout: 8000 };

describe('finding rows', () => {
  it('shows what a search finds before it makes a table of it', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/find');
    await user.type(await screen.findByLabelText(/^Titles/, {}, slow), 'CTO');
    const find = screen.getByRole('button', { name: 'Find rows' });
    expect(find).toBeDisabled();
    expect(screen.getByText(/Look at the preview first/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Preview' }));
    expect(await screen.findByText(/42 results\. A run asks for at most 1 page and costs nothing\./)).toBeVisible();
    expect(within(screen.getByRole('table')).getByText('Ada')).toBeVisible();
    expect(
      (await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } }))
        .violations,
    ).toEqual([]);
    const before = net.app.state.tables.size;
    await user.click(find);
    expect(await screen.findByText('People: CTO', {}, slow)).toBeVisible();
    expect(await screen.findByText('42 rows found')).toBeVisible();
    expect(net.app.state.tables.size).toBe(before + 1);
    await waitFor(() => expect(router.state.location.search).toContain('table='));
  }, 20_000);

  it('does not spend to say what a search costs', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/find?kind=companies');
    await user.type(await screen.findByLabelText(/^Seats/, {}, slow), 'Germany');
    await user.click(screen.getByRole('button', { name: 'Preview' }));
    expect(await screen.findByText(/uses at most 1 credit of your Vendor plan/)).toBeVisible();
  }, 20_000);
});
