import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

mockNetwork();
const slow = { timeout: 10_000 };

describe('webhooks', () => {
  it('makes one and shows its secret once', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/webhooks');
    expect(await screen.findByText('Data warehouse', {}, slow)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'New webhook' }));
    const url = await screen.findByLabelText('Address');
    await user.clear(url);
    await user.click(url);
    await user.paste('https://example.com/in');
    await user.click(screen.getByLabelText(/Events/));
    await user.paste('table.*');
    expect(await screen.findByText(/Now 2 of 3 types/)).toBeInTheDocument();
    await user.click(await screen.findByRole('checkbox', { name: 'Contacts' }));
    await user.click(screen.getByRole('button', { name: 'Create webhook' }));
    expect(await screen.findByText('whsec_c2VjcmV0IGZvciB0ZXN0cw==', {}, slow)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Done' }));
    expect(screen.queryByText(/whsec_/)).not.toBeInTheDocument();
    await user.click(await screen.findByRole('link', { name: 'example.com/in' }, slow));
    expect(await screen.findByText('Tables', {}, slow)).toBeInTheDocument();
    expect(await screen.findByText('Contacts', { selector: 'dd' }, slow)).toBeInTheDocument();
  });

  it('shows what was sent and what came back', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/webhooks/whk_1');
    await user.click(await screen.findByRole('button', { name: 'Details of 22' }, slow));
    const dialog = await screen.findByRole('dialog', {}, slow);
    expect(await within(dialog).findByText(/the receiver answered 503/)).toBeInTheDocument();
    expect(within(dialog).getByLabelText('Body')).toHaveTextContent('"specversion": "1.0"');
    await user.click(within(dialog).getByRole('button', { name: 'Done' }));
    await user.selectOptions(screen.getByLabelText('Show deliveries'), 'failed');
    expect(await screen.findByText('No delivery is in this state.', {}, slow)).toBeInTheDocument();
  });

  it('says why one is off and offers to turn it on', async () => {
    renderApp('/w/ws_demo/settings/webhooks/whk_2');
    expect(await screen.findByText(/after five days of failures/, {}, slow)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Turn on' })).toBeEnabled();
    expect(screen.getByRole('button', { name: 'Send test' })).toBeDisabled();
  });
});
