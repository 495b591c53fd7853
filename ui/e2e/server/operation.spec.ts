import { expect } from '@playwright/test';
import { Api } from './api.ts';
import { test, watch } from './fixtures.ts';
import { startReceiver } from './receiver.ts';

test('operators see how far each read model is and have one verified; others see neither page nor way to it', async ({
  demo: page,
  morket,
  browser,
}) => {
  await page.getByRole('link', { name: 'Status' }).click();
  await expect(page.getByText('Every event was applied everywhere.')).toBeVisible();
  const models = page.getByRole('region', { name: 'Read models and reactors' });
  const grid = models.getByRole('row', { name: /^grid version/ });
  await expect(grid).toContainText('Live');
  await expect(grid.getByRole('img', { name: /Events behind at the last looks, now \d/ })).toBeVisible();
  const credit = models.getByRole('row', { name: /^credit version/ });
  await credit.getByRole('button', { name: 'Verify' }).click();
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect(jobs.getByRole('row', { name: /Verify credit/ }).first()).toContainText('no differences', {
    timeout: 60_000,
  });
  await credit.getByRole('button', { name: 'Rebuild…' }).click();
  await expect(page.getByRole('dialog')).toContainText('while the present one serves');
  await page.getByRole('button', { name: 'Cancel' }).click();

  const api = await Api.signIn(morket);
  const { ws } = await api.workspace('Operation', 'Companies', [['Company'], ['Apple']]);
  const link = await api.invite(morket, ws, 'admin@example.com', 'admin');
  const other = await (await browser.newContext({ baseURL: morket.url })).newPage();
  const faults: string[] = [];
  watch(other, faults);
  await other.goto(link);
  await other.getByLabel('Name').fill('Ada Admin');
  await other.getByLabel('Password').fill('correct horse battery');
  await other.getByRole('button', { name: 'Join' }).click();
  await expect(other.getByRole('navigation', { name: 'Workspace' })).toBeVisible();
  await expect(other.getByRole('link', { name: 'Activity' })).toBeVisible();
  await expect(other.getByRole('link', { name: 'Status' })).toHaveCount(0);
  await other.goto(`/w/${ws}/admin`);
  await expect(other.getByText('This page is for operators')).toBeVisible();
  expect(faults).toEqual([]);
  await other.context().close();
});

test('a webhook of one table is made, fails, and is sent again', async ({ demo: page, morket }) => {
  const api = await Api.signIn(morket);
  const { ws, table } = await api.workspace('Webhooks', 'Companies', [['Company'], ['Apple']]);
  const receiver = await startReceiver();
  receiver.answer(503);
  await page.goto(`/w/${ws}/settings/webhooks`);

  const secret = await test.step('its secret is shown once', async () => {
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await page.getByLabel('Address').fill(receiver.url);
    await page.getByLabel(/^Events/).fill('table.cells_edited');
    await page.getByRole('checkbox', { name: 'Companies' }).check();
    await page.getByRole('button', { name: 'Create webhook' }).click();
    const shown = page.getByRole('dialog', { name: 'Copy the signing secret now' }).getByText(/^whsec_/);
    const text = await shown.innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect(shown).toHaveCount(0);
    return text;
  });

  await test.step('an event that it refuses is in the log with its answer', async () => {
    await api.post(`/workspaces/${ws}/tables/${table}/rows:batch`, {
      operations: [{ op: 'insert', cells: { Company: 'Adobe' } }],
    });
    await page.getByRole('link', { name: new URL(receiver.url).host }).click();
    await expect(page.locator('dt', { hasText: 'Tables' }).locator('xpath=following-sibling::dd')).toHaveText(
      'Companies',
    );
    await page.getByRole('button', { name: 'Send test' }).click();
    const refused = page.getByRole('region', { name: 'Deliveries' }).getByRole('row', { name: /webhook\.test|test/ });
    await expect(refused.first()).toContainText('503');
    await page.reload();
    await expect(page.getByText(secret)).toHaveCount(0);
    await refused
      .first()
      .getByRole('button', { name: /^Details of/ })
      .click();
    await expect(page.getByRole('dialog')).toContainText('answered 503');
  });

  await test.step('sent again, it is taken under the same id', async () => {
    receiver.answer(204);
    await page.getByRole('button', { name: 'Send again' }).click();
    await expect(page.getByRole('dialog').getByText('204').first()).toBeVisible();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByLabel('Show deliveries').selectOption('delivered');
    await expect(page.getByRole('region', { name: 'Deliveries' }).getByText('Delivered').first()).toBeVisible();
    expect(receiver.ids.length).toBeGreaterThan(1);
    expect(new Set(receiver.ids).size).toBeLessThan(receiver.ids.length);
    expect(receiver.signatures.every((s) => s.startsWith('v1,'))).toBe(true);
  });

  await test.step('and deleted', async () => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete webhook' }).click();
    await expect(page.getByText('No webhooks')).toBeVisible();
  });
  receiver.stop();
});
