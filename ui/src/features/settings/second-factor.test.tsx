import { fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { useSession } from '@/lib/session';
import { mockNetwork, renderApp } from '@/testing/render-app';

const network = mockNetwork();
const slow = { timeout: 10_000 };
const press = (name: string | RegExp): boolean => fireEvent.click(screen.getByRole('button', { name }));
const write = (label: string, value: string): boolean =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

describe('two-step sign-in', () => {
  it('is set up by the first code, and shows recovery codes once', async () => {
    renderApp('/w/ws_demo/settings/account');
    fireEvent.click(await screen.findByRole('button', { name: 'Set up' }, slow));
    write('Password', 'morket-demo');
    press('Next');
    expect(await screen.findByRole('img', { name: /QR code/ }, slow)).toBeInTheDocument();
    expect(screen.getByText('JBSWY3DP')).toBeInTheDocument();
    write('Code', '999999');
    press('Turn on');
    expect(await screen.findByText(/the code is wrong/, {}, slow)).toBeInTheDocument();
    write('Code', '123456');
    press('Turn on');
    expect(await screen.findByText('eeee-ffff-gggg-hhhh', {}, slow)).toBeInTheDocument();
    press('I have kept them');
    expect(screen.queryByText('eeee-ffff-gggg-hhhh')).not.toBeInTheDocument();
    expect(await screen.findByText(/2 recovery codes left/, {}, slow)).toBeInTheDocument();
  });

  it('asks for the code after the password', async () => {
    network.app.state.recoveryCodes = ['aaaa-bbbb-cccc-dddd'];
    network.app.state.signedIn = false;
    useSession.setState({ status: 'signed-out' });
    const { router } = renderApp('/login');
    await screen.findByLabelText('Email', {}, slow);
    write('Email', 'demo@morket.local');
    write('Password', 'morket-demo');
    press('Sign in');
    expect(await screen.findByRole('heading', { name: 'Enter your code' }, slow)).toBeInTheDocument();
    expect(screen.getByLabelText('Code')).toHaveFocus();
    write('Code', '999999');
    press('Sign in');
    expect(await screen.findByText(/the code is wrong/, {}, slow)).toBeInTheDocument();
    write('Code', '123456');
    press('Sign in');
    await expect.poll(() => router.state.location.pathname, slow).not.toBe('/login');
  });

  it('is turned off by what a sign-in asks for', async () => {
    network.app.state.recoveryCodes = ['aaaa-bbbb-cccc-dddd'];
    renderApp('/w/ws_demo/settings/account');
    fireEvent.click(await screen.findByRole('button', { name: 'Turn off' }, slow));
    write('Password', 'morket-demo');
    write('Code', '123456');
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Turn off' }));
    expect(await screen.findByRole('button', { name: 'Set up' }, slow)).toBeInTheDocument();
  });
});
