import { expect, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { faults, settled } from '../axe.ts';
import { Api } from './api.ts';
import { test } from './fixtures.ts';

/** The dialog as it is, in both themes and widths: a picture of each, and what axe finds. */
async function looks(page: Page, name: string): Promise<void> {
  for (const width of [1440, 375]) {
    await page.setViewportSize({ width, height: width === 375 ? 760 : 900 });
    for (const theme of ['light', 'dark']) {
      await page.evaluate((t) => (document.documentElement.dataset['theme'] = t), theme);
      await page.screenshot({ path: `screenshots/${name}-${theme}-${String(width)}.png`, animations: 'disabled' });
      expect.soft(await faults(page), `${name} ${theme} ${String(width)}`).toEqual([]);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('a person is found, saved, erased with the keyboard alone, and certified', async ({ demo: page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Privacy', 'People', [
    ['Name', 'Email', 'Company'],
    ['Ada Lovelace', 'ada@example.com', 'Acme'],
    ['Grace Hopper', 'grace@example.com', 'Acme'],
  ]);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`/w/${ws}/settings/privacy`);
  await settled(page);
  await expect(page.getByText('Nobody was erased')).toBeVisible();
  await looks(page, 'privacy-empty');

  const dialog = page.getByRole('dialog', { name: 'Erasure' });
  await test.step('what is held is shown by place, and saved', async () => {
    await page.getByRole('button', { name: 'Find a person' }).first().press('Enter');
    await expect(page.getByLabel('Email addresses')).toBeFocused();
    await looks(page, 'privacy-find');
    await page.keyboard.type('ada@example.com');
    await page.getByRole('button', { name: 'Find', exact: true }).press('Enter');
    await expect(dialog).toContainText('Nothing is erased yet', { timeout: 60_000 });
    await expect(dialog.getByRole('region', { name: 'Rows about this person' })).toContainText('People');
    await expect(dialog.getByRole('row', { name: /^Table rows/ })).toHaveText(/1$/);
    await looks(page, 'privacy-found');
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download what is held' }).press('Enter');
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text).toContain('Ada Lovelace');
    expect(text).not.toContain('grace@');
  });

  await test.step('it is erased once the word is typed', async () => {
    await dialog.getByRole('button', { name: 'Erase…' }).press('Enter');
    await expect(page.getByRole('button', { name: 'Erase for good' })).toBeDisabled();
    await page.getByLabel('Type “erase” to confirm').pressSequentially('erase');
    await looks(page, 'privacy-confirm');
    await page.getByRole('button', { name: 'Erase for good' }).press('Enter');
    await expect(dialog).toContainText('every place was looked through again', { timeout: 100_000 });
    await looks(page, 'privacy-done');
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Certificate' }).press('Enter');
    const certificate = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { signature: string };
    expect(certificate.signature.split('.')).toHaveLength(3);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
  });

  await expect(page.getByRole('region', { name: 'Erasures' }).getByRole('row', { name: /Done/ })).toBeVisible();
  await looks(page, 'privacy');
  const rows = await api.get<unknown[]>(`/workspaces/${ws}/tables/${table}/rows`);
  expect(rows).toHaveLength(1);
});
