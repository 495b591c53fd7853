import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, type Page } from '@playwright/test';
import { faults, settled } from '../axe.ts';
import { Api } from './api.ts';
import { signIn, test } from './fixtures.ts';

const palette = (page: Page) => page.getByRole('navigation', { name: 'Add a node' });
const settings = (page: Page, of: string) => page.getByRole('region', { name: `Settings of ${of}` });

test('rows are told to another system, and another version is asked about them', async ({ page, morket }) => {
  const took: string[] = [];
  const receiver = createServer((req, res) => {
    let body = '';
    req.on('data', (b: Buffer) => (body += b.toString()));
    req.on('end', () => {
      took.push(`${req.method ?? ''} ${req.url ?? ''} ${req.headers['x-from']?.toString() ?? ''} ${body}`);
      res.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const api = await Api.signIn(morket);
  const lines = [
    ['Company', 'Fit'],
    ...Array.from({ length: 6 }, (_, i) => [`Company ${String(i)}`, i % 2 ? 'no' : 'yes']),
  ];
  const { ws } = await api.workspace('Calls', 'Leads', lines);
  await signIn(page);
  await page.goto(`/w/${ws}/workflows`);
  await page.getByRole('button', { name: 'New workflow' }).first().click();
  await page.locator('.react-flow__node').filter({ hasText: 'Rows of a table' }).click();
  await settings(page, 'Rows of a table').getByLabel('Table', { exact: true }).selectOption({ label: 'Leads' });

  await test.step('what is called', async () => {
    await palette(page).getByRole('button', { name: 'HTTP request' }).click();
    const panel = settings(page, 'HTTP request');
    await panel.getByLabel('Address').fill(`http://127.0.0.1:${String(port)}/leads/{{Company}}`);
    await panel.getByLabel('Headers').fill('X-From: {{Fit}}');
    await panel.getByLabel('Body').fill('{"fit": {{Fit}}, "about": "a {{Nothing}}"}');
    await expect(panel.getByText('no column "Nothing"')).toBeVisible();
    await panel.getByLabel('Body').fill('{"fit": {{Fit}}}');
    await expect(page.getByText(/\d problem/)).toHaveCount(0);
    await expect(page.locator('.react-flow__node').filter({ hasText: 'HTTP request' })).toContainText('POST 127.0.0.1');
    await settled(page);
    expect(await faults(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/call.png` });
  });
  await test.step('a dry run says it and calls nobody', async () => {
    await page.getByRole('button', { name: 'Dry run' }).click();
    await expect(page.getByRole('dialog')).toContainText('would call for 6 rows');
    await page.keyboard.press('Escape');
    expect(took).toEqual([]);
  });
  await test.step('a run calls once for each row', async () => {
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Runs' })).toContainText('Completed', { timeout: 60_000 });
    expect(took).toHaveLength(6);
    expect(took).toContain('POST /leads/Company%200 yes {"fit": "yes"}');
  });
  await test.step('what another version would make of the same rows', async () => {
    await page.getByRole('button', { name: 'Close the runs' }).click();
    await page.locator('.react-flow__node').filter({ hasText: 'HTTP request' }).click();
    await settings(page, 'HTTP request').getByLabel('Method').selectOption({ label: 'PUT' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('status').getByText('Not saved')).toHaveCount(0);
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await page.getByRole('button', { name: 'What if' }).click();
    const dialog = page.getByRole('dialog');
    const row = dialog.getByRole('row').filter({ hasText: 'HTTP request' });
    await expect(row).toContainText('Changed');
    await expect(row.getByRole('cell')).toHaveText(['6', '6', 'The same rows', '6', '–']);
    await settled(page);
    expect(await faults(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/what-if.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 375, height: 720 });
    await expect(dialog).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/what-if-375.png` });
    expect(took).toHaveLength(6);
  });
  receiver.close();
});
