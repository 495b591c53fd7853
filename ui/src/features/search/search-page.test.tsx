import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { mockNetwork, renderApp } from '@/testing/render-app';

const net = mockNetwork();
const slow = { timeout: 8000 };

function firstName(): string {
  const table = [...net.app.state.tables.values()].find((t) => t.name === 'Contacts');
  const column = table?.columns[0]?.id ?? '';
  const value = table?.rows[0]?.cells[column];
  return typeof value === 'string' ? value : '';
}

describe('the search page', () => {
  it('finds rows, narrows by a facet and saves the search', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/search');
    const word = firstName();
    await user.type(await screen.findByLabelText('Search the rows of all tables', {}, slow), word);
    const list = within(await screen.findByRole('list', { name: 'Found rows' }, slow));
    const links = await list.findAllByRole('link');
    expect(links[0]).toHaveAttribute('href', expect.stringContaining('?row='));
    expect(list.getAllByText(word, { selector: 'mark' }).length).toBeGreaterThan(0);
    await user.click(screen.getAllByRole('checkbox', { name: /Contacts/ })[0] as HTMLElement);
    await waitFor(() => expect(router.state.location.search).toContain('table='));
    await user.click(screen.getByRole('button', { name: 'Save search' }));
    await user.click(await screen.findByRole('button', { name: 'Save' }));
    expect((await screen.findAllByRole('button', { name: word }, slow)).length).toBeGreaterThan(0);
  });
  it('names a store that is down and offers to try again', async () => {
    renderApp('/w/ws_demo/search?q=down');
    expect(await screen.findByText('OpenSearch does not answer now.', {}, slow)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Try again' })).toBeInTheDocument();
  });
  it('goes through the hits by arrow keys', async () => {
    const user = userEvent.setup();
    renderApp(`/w/ws_demo/search?q=${encodeURIComponent(firstName())}`);
    const list = within(await screen.findByRole('list', { name: 'Found rows' }, slow));
    const links = await list.findAllByRole('link');
    screen.getByLabelText('Search the rows of all tables').focus();
    await user.keyboard('{ArrowDown}');
    expect(links[0]).toHaveFocus();
    await user.keyboard('{ArrowUp}');
    expect(screen.getByLabelText('Search the rows of all tables')).toHaveFocus();
  });
});

describe('the palette', () => {
  it('finds rows too', async () => {
    const user = userEvent.setup();
    const { router } = renderApp('/w/ws_demo/jobs');
    await screen.findByRole('heading', { name: 'Jobs' }, slow);
    await user.keyboard('{Control>}k{/Control}');
    const word = firstName();
    await user.type(await screen.findByRole('combobox'), word);
    const option = await screen.findByRole('option', { name: new RegExp(`^${word}.*Contacts$`) }, slow);
    await user.pointer({ target: option, keys: '[MouseLeft]' });
    await waitFor(() => expect(router.state.location.pathname).toMatch(/\/tables\/tbl_/), slow);
  });
});
