import { expect, type Page } from '@playwright/test';
import { faults, settled } from '../axe.ts';
import { Api } from './api.ts';
import { signIn, test } from './fixtures.ts';

const lines = [['Company', 'Fit'], ...Array.from({ length: 12 }, (_, i) => [`Company ${i}`, i % 3 ? 'no' : 'yes'])];

const palette = (page: Page) => page.getByRole('navigation', { name: 'Add a node' });
const settings = (page: Page, of: string) => page.getByRole('region', { name: `Settings of ${of}` });

test('a workflow is built by keyboard and mouse, run, watched, made better and resumed', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Automation', 'Leads', lines);
  await signIn(page);
  await page.goto(`/w/${ws}/workflows`);
  await page.getByRole('button', { name: 'New workflow' }).first().click();
  await expect(page.getByRole('status').getByText('1 problem')).toBeVisible();

  await test.step('rows of the table', async () => {
    await page.locator('.react-flow__node').filter({ hasText: 'Rows of a table' }).click();
    await settings(page, 'Rows of a table').getByLabel('Table', { exact: true }).selectOption({ label: 'Leads' });
  });
  await test.step('a filter, by the keyboard', async () => {
    await palette(page).getByRole('button', { name: 'Filter' }).focus();
    await page.keyboard.press('Enter');
    const panel = settings(page, 'Filter');
    await panel.getByRole('button', { name: 'Add condition' }).click();
    await panel.getByLabel('Column').first().selectOption({ label: 'Fit' });
    await panel.getByLabel('Condition').first().selectOption({ label: 'is' });
    await panel.getByLabel('Value').first().fill('yes');
    await page.keyboard.press('Tab');
  });
  await test.step('what is done with them', async () => {
    await palette(page).getByRole('button', { name: 'Update cells' }).click();
    await expect(page.locator('.react-flow__edge')).toHaveCount(3);
    await page.keyboard.press('Control+z');
    await expect(page.locator('.react-flow__edge')).toHaveCount(2);
    await page.keyboard.press('Control+Shift+z');
    await expect(page.locator('.react-flow__edge')).toHaveCount(3);
    const panel = settings(page, 'Update cells');
    await panel.getByLabel('Column to set').selectOption({ label: 'Company' });
    await panel.getByRole('textbox', { name: 'Company' }).fill('A good one');
    await page.keyboard.press('Tab');
    await expect(page.getByText('1 problem')).toHaveCount(0);
  });
  await test.step('a dry run tells and does nothing', async () => {
    await page.getByRole('button', { name: 'Dry run' }).click();
    await expect(page.getByRole('dialog')).toContainText('A run now would take 12 rows');
    await expect(page.getByRole('dialog')).toContainText('would set');
    await page.keyboard.press('Escape');
  });
  await test.step('a run shows its counts at the nodes', async () => {
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Runs' })).toContainText('Completed', { timeout: 60_000 });
    await expect(page.locator('.react-flow__node').filter({ hasText: 'Update cells' })).toContainText('4 done');
    await expect(page.locator('.react-flow__node').filter({ hasText: 'Filter' })).toContainText('12 done');
  });
  await test.step('the page can be used by everybody', async () => {
    await settled(page);
    expect(await faults(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/workflow-light.png` });
  });
  await test.step('resumed under a better version, what is done is kept', async () => {
    await palette(page).getByRole('button', { name: 'Wait' }).click();
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await settings(page, 'Wait').getByLabel('Wait for').fill('1');
    await settings(page, 'Wait').getByLabel('Unit').selectOption({ label: 'minutes' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('status').getByText('Not saved')).toHaveCount(0);
    await page.getByRole('button', { name: 'Runs', exact: true }).click();
    await page.getByRole('button', { name: /^Resume under version/ }).click();
    await expect(page.locator('.react-flow__node').filter({ hasText: 'Wait' })).toContainText('waiting');
    await expect(page.locator('.react-flow__node').filter({ hasText: 'Update cells' })).toContainText('4 done');
    await page.getByRole('region', { name: 'Runs' }).getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('region', { name: 'Runs' })).toContainText('Cancelled', { timeout: 60_000 });
  });
  await test.step('as a list, and on a small screen', async () => {
    await page.getByRole('button', { name: 'Show as a list' }).click();
    const list = page.getByRole('list', { name: 'Nodes, in the order of their rows' });
    await expect(list.getByRole('listitem')).toHaveCount(5);
    await expect(list.getByRole('listitem').nth(2)).toContainText('Then Update cells');
    await page.getByRole('button', { name: 'Show as a list' }).click();
    await page.getByRole('button', { name: 'Close the runs' }).click();
    await page.setViewportSize({ width: 375, height: 720 });
    await expect(list).toBeVisible();
    await expect(page.locator('.react-flow')).toBeHidden();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/workflow-375.png` });
  });
  await test.step('the rows have what was set', async () => {
    const rows = await api.get<{ cells: Record<string, unknown> }[]>(`/workspaces/${ws}/tables/${table}/rows`);
    expect(rows.filter((r) => Object.values(r.cells).includes('A good one'))).toHaveLength(4);
  });
  await test.step('it is in the list, with the templates', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`/w/${ws}/workflows`);
    await expect(page.getByRole('link', { name: 'Untitled workflow' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Use the template Enrich new rows' })).toBeVisible();
    expect(await faults(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/workflows.png` });
  });
});

test('a workflow takes in what is posted, and people decide on it', async ({ page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Inbound', 'Leads', [
    ['Email', 'Fit'],
    ['first@example.com', 'no'],
  ]);
  await signIn(page);
  await page.goto(`/w/${ws}/workflows`);
  await page.getByRole('button', { name: 'New workflow' }).first().click();
  for (const name of ['Manual start', 'Rows of a table']) {
    await page.locator('.react-flow__node').filter({ hasText: name }).click();
    await settings(page, name).getByRole('button', { name: 'Remove the node' }).last().click();
  }
  await palette(page).getByRole('button', { name: 'Webhook received' }).click();
  const panel = settings(page, 'Webhook received');
  let address = '';
  await test.step('an address, and what came to it', async () => {
    await panel.getByLabel('Table', { exact: true }).selectOption({ label: 'Leads' });
    await panel.getByRole('button', { name: 'Make an address' }).click();
    const shown = page.getByRole('dialog');
    address = (await shown.locator('code').textContent()) ?? '';
    expect(address).toContain('/api/v1/workflow-hooks/wfl_');
    await shown.getByRole('button', { name: 'Done' }).click();
    expect(await post(address, { contact: { email: 'a@example.com', fit: 'yes' } })).toBe(409);
    await expect(panel.getByText('What came last')).toBeVisible({ timeout: 15_000 });
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/hook-empty.png` });
  });
  await test.step('the values find their columns', async () => {
    await panel.getByLabel('Find a row by').selectOption({ label: 'Email' });
    await expect(panel.getByRole('combobox', { name: 'Email' })).toHaveValue('contact.email');
    await panel.getByLabel('Column to fill').selectOption({ label: 'Fit' });
    await expect(panel.getByRole('combobox', { name: 'Fit' })).toHaveValue('contact.fit');
  });
  await test.step('people are asked, and what they approve is marked', async () => {
    await palette(page).getByRole('button', { name: 'Approval' }).click();
    await palette(page).getByRole('button', { name: 'Update cells' }).click();
    const cells = settings(page, 'Update cells');
    await cells.getByLabel('Column to set').selectOption({ label: 'Fit' });
    await cells.getByRole('textbox', { name: 'Fit' }).fill('approved');
    await page.keyboard.press('Tab');
    await expect(page.getByText(/problem/)).toHaveCount(0);
    await settled(page);
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Publish' }).click();
    await expect(page.getByRole('status').getByText('Published', { exact: true })).toBeVisible();
    expect(
      await post(address, [
        { contact: { email: 'a@example.com', fit: 'yes' } },
        { contact: { email: 'b@example.com', fit: 'yes' } },
      ]),
    ).toBe(202);
  });
  await test.step('the decision', async () => {
    await page.goto(`/w/${ws}/workflows`);
    await page.getByText('Waits for a decision').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Untitled workflow' }).first().click();
    const asked = page.getByRole('region', { name: 'Approval' });
    await expect(asked).toContainText('2 rows wait for a decision');
    await settled(page);
    expect(await faults(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/approval.png` });
    await page.setViewportSize({ width: 375, height: 720 });
    await expect(asked.getByRole('button', { name: 'Approve 2' })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/approval-375.png` });
    await page.setViewportSize({ width: 1440, height: 900 });
    await asked.getByLabel(/b@example.com/).uncheck();
    await asked.getByRole('button', { name: 'Approve 1' }).click();
    await expect(asked).toContainText('1 row waits for a decision');
    await asked.getByRole('button', { name: 'Reject 1' }).click();
    await expect(page.getByRole('region', { name: 'Runs' })).toContainText('Completed', { timeout: 60_000 });
  });
  await test.step('only what was approved is marked, and a lead is there once', async () => {
    const rows = await api.get<{ cells: Record<string, unknown> }[]>(`/workspaces/${ws}/tables/${table}/rows`);
    expect(rows).toHaveLength(3);
    expect(rows.filter((r) => Object.values(r.cells).includes('approved'))).toHaveLength(1);
  });
});

/** Posts to a workflow's address as another system does. */
async function post(address: string, body: unknown): Promise<number> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.status;
}
