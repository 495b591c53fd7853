import { expect, test as base, type CDPSession, type Page } from '@playwright/test';
import { watch } from './fixtures.ts';
import { startMorket, type Morket } from './morket.ts';

const password = 'a passkey is made here';

/** Browsers know no passkeys of addresses, so the server is opened by its machine's name. */
const test = base.extend<object, { morket: Morket }>({
  morket: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures that are needed from the pattern
    async ({}, use) => {
      const morket = await startMorket({ MORKET_RATE_AUTH: '0', MORKET_RATE_GENERAL: '0' });
      await use({ ...morket, url: morket.url.replace('127.0.0.1', 'localhost') });
      await morket.stop();
    },
    { scope: 'worker', timeout: 150_000 },
  ],
  baseURL: async ({ morket }, use) => use(morket.url),
});

/** A device of Chromium's that verifies its person. */
async function device(page: Page): Promise<{ cdp: CDPSession; id: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, id: authenticatorId };
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Robin Keys/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

test('a passkey is made, signs in alone, and is removed', async ({ page }) => {
  const faults: string[] = [];
  watch(page, faults);
  const { cdp, id } = await device(page);
  const inside = page.getByRole('navigation', { name: 'Workspace' });
  await test.step('register', async () => {
    await page.goto('/register');
    await page.getByLabel('Name').fill('Robin Keys');
    await page.getByLabel('Email').fill('robin@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByLabel('Name of the workspace').fill('Keys');
    await page.getByRole('button', { name: 'Create workspace' }).click();
    await expect(inside).toBeVisible();
  });
  const account = `${new URL(page.url()).pathname.replace(/\/$/, '')}/settings/account`;
  await test.step('make a passkey', async () => {
    await page.goto(account);
    await expect(page.getByText('You have no passkeys yet.')).toBeVisible();
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByLabel('Name')).toHaveValue(/on Linux/);
    await dialog.getByLabel('Name').fill('Laptop');
    await dialog.getByLabel('Password').fill(password);
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('never used')).toBeVisible();
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
    expect(credentials).toHaveLength(1);
    expect(credentials[0]).toMatchObject({ isResidentCredential: true, rpId: 'localhost' });
  });
  await test.step('a device makes no second one', async () => {
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('dialog').getByLabel('Password').fill(password);
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByText('This device has a passkey for your account already.')).toBeVisible();
    await page.getByRole('button', { name: 'Cancel' }).click();
  });
  for (const [name, width, height] of [
    ['wide', 1440, 900],
    ['narrow', 375, 812],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.getByRole('heading', { name: 'Passkeys' }).scrollIntoViewIfNeeded();
      await page.screenshot({ path: `screenshots/passkeys-${name}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await test.step('sign in with it alone', async () => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: false });
    await signOut(page);
    await page.screenshot({ path: 'screenshots/passkeys-sign-in.png' });
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: true });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(inside).toBeVisible();
  });
  await test.step('the browser offers it in the form', async () => {
    await signOut(page); // the device answers the offer by itself
    await expect(inside).toBeVisible();
  });
  await test.step('remove it', async () => {
    await page.goto(account);
    await expect(page.getByText(/^added .* used just now/)).toBeVisible();
    await page.getByRole('button', { name: 'Rename Laptop' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Old laptop');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('button', { name: 'Remove Old laptop' }).click();
    await page.getByRole('dialog').getByLabel('Password').fill(password);
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect(page.getByText('You have no passkeys yet.')).toBeVisible();
  });
  expect(faults, 'the console is free of errors').toEqual([]);
  await test.step('it signs in no longer', async () => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: false });
    await signOut(page);
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: id, enabled: true });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page.getByText('this passkey signs in nobody here')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });
});
