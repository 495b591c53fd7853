import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

const server = mockNetwork();
const slow = { timeout: 10_000 };

describe('erasing a person', () => {
  it('shows what was found, by place', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/privacy');
    await user.click(await screen.findByRole('button', { name: 'Find a person' }, slow));
    const find = await screen.findByRole('button', { name: 'Find' });
    expect(find).toBeDisabled();
    await user.click(screen.getByLabelText(/^Name/));
    await user.paste('Ada Lovelace');
    expect(await screen.findByText('Needed with a name')).toBeInTheDocument();
    await user.click(screen.getByLabelText(/^Company/));
    await user.paste('Acme');
    await user.click(screen.getByLabelText(/^Email addresses/));
    await user.paste('ada@example.com');
    await user.click(find);
    const dialog = await screen.findByRole('dialog', { name: 'Erasure' }, slow);
    expect(await within(dialog).findByText('This was found. Nothing is erased yet.', {}, slow)).toBeInTheDocument();
    const places = within(dialog).getByRole('region', { name: 'What was found' });
    expect(within(places).getByRole('row', { name: 'Event log 14' })).toBeInTheDocument();
    expect(within(places).getByRole('row', { name: 'Search, history and other views 3' })).toBeInTheDocument();
    expect(within(dialog).getByRole('link', { name: 'S&P 500 companies' })).toBeInTheDocument();
  });

  it('erases what was found once the word is typed', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/privacy');
    await user.click(await screen.findByRole('button', { name: 'Review' }, slow));
    await user.click(await screen.findByRole('button', { name: 'Erase…' }));
    const sure = await screen.findByRole('button', { name: 'Erase for good' });
    expect(sure).toBeDisabled();
    await user.click(screen.getByLabelText('Type “erase” to confirm'));
    await user.paste('erase');
    await user.click(sure);
    expect(await screen.findByRole('progressbar', { name: 'Places that are done' }, slow)).toBeInTheDocument();
    expect(await screen.findByText(/every place was looked through again/, {}, slow)).toBeInTheDocument();
    expect(screen.getByText('morket-20261122.backup')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Certificate' })).toBeEnabled();
  });

  it('leaves what was found as it is', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/privacy');
    await user.click(await screen.findByRole('button', { name: 'Find a person' }, slow));
    await user.click(await screen.findByLabelText(/^Phone numbers/));
    await user.paste('+44 20 7946 0958');
    await user.click(screen.getByRole('button', { name: 'Find' }));
    await user.click(await screen.findByRole('button', { name: 'Leave as it is' }, slow));
    expect(await screen.findByText('What was found was left as it is.', {}, slow)).toBeInTheDocument();
  });

  it('says what is wrong with what was typed', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/settings/privacy');
    await user.click(await screen.findByRole('button', { name: 'Find a person' }, slow));
    await user.click(await screen.findByLabelText(/^Email addresses/));
    await user.paste('nobody');
    await user.click(screen.getByRole('button', { name: 'Find' }));
    expect(await screen.findByText(/this is not an email address/, {}, slow)).toBeInTheDocument();
  });

  it('is not there for members', async () => {
    server.app.state.role = 'member';
    renderApp('/w/ws_demo/settings/account');
    expect(await screen.findByRole('link', { name: 'My account' }, slow)).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Privacy' })).not.toBeInTheDocument();
  });
});
