import { fireEvent, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useSession } from '@/lib/session';
import { mockNetwork, renderApp } from '@/testing/render-app';

const network = mockNetwork();
const slow = { timeout: 10_000 };
const press = (name: string | RegExp): boolean => fireEvent.click(screen.getByRole('button', { name }));
const write = (label: string, value: string): boolean =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const laptop = {
  id: 'pky_1',
  name: 'Laptop',
  created_at: '2026-11-20T08:00:00Z',
  last_used_at: null,
  blocked_at: null,
};

const bytes = new TextEncoder().encode('bytes').buffer;
const answer = {
  rawId: bytes,
  response: {
    clientDataJSON: bytes,
    attestationObject: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: bytes,
    getTransports: () => ['internal'],
  },
};
const create = vi.fn();
const get = vi.fn();

// The page is loaded when it is first shown, which takes longer than what the tests wait for.
beforeAll(async () => {
  await import('./account-page');
}, 60_000);
beforeEach(() => {
  network.app.state.passkeyOrigin = window.location.origin;
  create.mockReset().mockResolvedValue(answer);
  get.mockReset().mockResolvedValue(answer);
  vi.stubGlobal('PublicKeyCredential', vi.fn());
  Object.defineProperty(navigator, 'credentials', { value: { create, get }, configurable: true });
});
afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'credentials');
});

describe('passkeys', () => {
  it('are added, renamed and removed', async () => {
    renderApp('/w/ws_demo/settings/account');
    fireEvent.click(await screen.findByRole('button', { name: 'Add a passkey' }, slow));
    write('Name', 'Laptop');
    write('Password', 'wrong');
    press('Continue');
    expect(await screen.findByText(/the password is wrong/, {}, slow)).toBeInTheDocument();
    write('Password', 'morket-demo');
    press('Continue');
    fireEvent.click(await screen.findByRole('button', { name: 'Rename Laptop' }, slow));
    expect(create).toHaveBeenCalledOnce();
    write('Name', 'Work');
    press('Rename');
    fireEvent.click(await screen.findByRole('button', { name: 'Remove Work' }, slow));
    write('Password', 'morket-demo');
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
    expect(await screen.findByText('You have no passkeys yet.', {}, slow)).toBeInTheDocument();
  });

  it('say why there are none', async () => {
    network.app.state.passkeyOrigin = 'https://elsewhere.example';
    network.app.state.passkeys = [{ ...laptop, blocked_at: '2026-11-21T08:00:00Z' }];
    renderApp('/w/ws_demo/settings/account');
    expect(await screen.findByText(/opened at https:\/\/elsewhere.example/, {}, slow)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Add a passkey' })).not.toBeInTheDocument();
    expect(screen.getByText('Blocked')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Remove Laptop' })).toBeInTheDocument();
  });

  it('tell when the person went no further', async () => {
    create.mockRejectedValue(new DOMException('no', 'NotAllowedError'));
    renderApp('/w/ws_demo/settings/account');
    fireEvent.click(await screen.findByRole('button', { name: 'Add a passkey' }, slow));
    write('Password', 'morket-demo');
    press('Continue');
    expect(await screen.findByText(/No passkey was used/, {}, slow)).toBeInTheDocument();
    create.mockRejectedValue(new DOMException('known', 'InvalidStateError'));
    press('Continue');
    expect(await screen.findByText(/has a passkey for your account/, {}, slow)).toBeInTheDocument();
    expect(network.app.state.passkeys).toEqual([]);
  });

  it('sign in, and take the place of the code', async () => {
    network.app.state.passkeys = [laptop];
    network.app.state.recoveryCodes = ['aaaa-bbbb-cccc-dddd'];
    network.app.state.signedIn = false;
    useSession.setState({ status: 'signed-out' });
    const { router } = renderApp('/login');
    fireEvent.click(await screen.findByRole('button', { name: 'Sign in with a passkey' }, slow));
    await expect.poll(() => router.state.location.pathname, slow).not.toBe('/login');
    expect(get).toHaveBeenCalledWith(
      expect.objectContaining({ publicKey: expect.objectContaining({ userVerification: 'required' }) as unknown }),
    );
  });

  it('are an answer to the second step', async () => {
    network.app.state.recoveryCodes = ['aaaa-bbbb-cccc-dddd'];
    network.app.state.signedIn = false;
    useSession.setState({ status: 'signed-out' });
    const { router } = renderApp('/login');
    await screen.findByRole('button', { name: 'Sign in with a passkey' }, slow);
    write('Email', 'demo@morket.local');
    write('Password', 'morket-demo');
    press('Sign in');
    fireEvent.click(await screen.findByRole('button', { name: 'Use a passkey instead' }, slow));
    await expect.poll(() => router.state.location.pathname, slow).not.toBe('/login');
  });

  it('are not offered where the browser can’t use them', async () => {
    network.app.state.passkeyOrigin = 'https://elsewhere.example';
    network.app.state.signedIn = false;
    useSession.setState({ status: 'signed-out' });
    renderApp('/login');
    await screen.findByRole('button', { name: 'Use the demo account' }, slow);
    expect(screen.queryByRole('button', { name: /passkey/ })).not.toBeInTheDocument();
  });
});
