import { expect } from '@playwright/test';
import { Api } from './api.ts';
import { cell, test } from './fixtures.ts';

test('an enrichment is written beside the grid, fills several columns in one run, and its row has a page', async ({
  demo: page,
  morket,
}) => {
  const api = await Api.signIn(morket);
  const site = (domain: string, port = morket.sites): string => `http://${domain}:${String(port)}/`;
  const { ws } = await api.workspace('Panel', 'Companies', [
    ['Company', 'Website'],
    ['Apple', site('apple.com')],
    ['Adobe', site('adobe.com')],
    ['Applied Materials', site('applied.com', 9)],
  ]);
  await page.goto(`/w/${ws}/analytics`);
  await page.getByRole('link', { name: /Companies/ }).click();
  await (await cell(page, 0, 'Company')).click();
  const panel = page.getByRole('complementary', { name: 'New enrichment column' });

  await test.step('the grid stays usable, and its selected row is the one that is tried', async () => {
    await page.getByRole('button', { name: 'Enrich' }).click();
    await panel.getByRole('button', { name: /Website profile/ }).click();
    await panel.getByLabel('Column name').fill('Site title');
    await (await cell(page, 1, 'Company')).click();
    await expect(panel.getByLabel('Try on')).toContainText('Adobe');
    await panel.getByRole('button', { name: 'Try', exact: true }).click();
    await expect(panel.getByRole('list', { name: 'Answers' })).toContainText('Adobe: what we make');
  });

  await test.step('a condition is completed and checked while it is typed', async () => {
    await panel.getByText('When it runs').click();
    const condition = panel.getByLabel(/Only for rows where/);
    await condition.pressSequentially('{{comp');
    await page.keyboard.press('Enter');
    await expect(condition).toHaveValue('{{Company}}');
    await condition.pressSequentially(' ==');
    await expect(condition).toHaveAttribute('aria-invalid', 'true');
    await expect(panel.getByRole('button', { name: 'Create column' })).toBeDisabled();
    await condition.fill('{{Company}} != "Nobody"');
    await expect(panel.getByRole('button', { name: 'Create column' })).toBeEnabled();
  });

  await test.step('a further field of the answer gets a column of its own', async () => {
    await panel.getByLabel(/^Description/).check();
    await panel.getByLabel('Name of the new column for Description').fill('About');
    await panel.getByRole('button', { name: 'Create column' }).click();
  });

  await test.step('the run is for what the view shows and says what it costs', async () => {
    await expect(page.getByLabel('All 3 rows')).toBeChecked();
    await expect(page.getByLabel('Without a value')).toBeChecked();
    await page.getByRole('button', { name: 'Run 3 records · free' }).click();
    await expect(await cell(page, 0, 'Site title')).toHaveText('Apple: what we make');
    await expect(await cell(page, 0, 'About')).toHaveText(/\w/);
    const run = page.getByRole('status', { name: 'Run' });
    await expect(run).toContainText('2 found', { timeout: 30_000 });
    await run.getByRole('button', { name: '1 failed' }).click();
    await expect(page.getByTestId('row-count')).toHaveText('1 of 3 rows');
  });

  await test.step('the row’s page: its name, its cells, where they come from, the rows around it', async () => {
    await page.getByRole('button', { name: 'Reset' }).click();
    await (await cell(page, 0, 'Site title')).click();
    await page.keyboard.press('Space');
    await expect(page).toHaveURL(/\/rows\/row_\w+\?at=0$/);
    await expect(page.getByRole('heading', { name: 'Apple', exact: true })).toBeVisible();
    await expect(page.getByText('Website profile').first()).toBeVisible();
    await page.getByRole('button', { name: '1 attempt' }).first().click();
    await expect(page.getByRole('list', { name: 'Attempts' })).toContainText('Succeeded');
    await page.keyboard.press('Alt+ArrowDown');
    await expect(page.getByRole('heading', { name: 'Adobe', exact: true })).toBeVisible();
    await page.getByLabel('Company').fill('Adobe Inc.');
    await page.getByLabel('Company').press('Enter');
    await expect(page.getByRole('heading', { name: 'Adobe Inc.', exact: true })).toBeVisible();
  });

  await test.step('the run’s page groups the failures by reason', async () => {
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('link', { name: /Site title/ }).click();
    await expect(page.getByRole('heading', { name: 'Site title' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Providers of the run' })).toContainText('Website profile');
    const reasons = page.getByRole('list', { name: 'Reasons of failures' });
    await expect(reasons).toContainText('the site could not be reached');
    await reasons.getByRole('button', { name: '1 record' }).click();
    await expect(page.getByText('Failed with')).toBeVisible();
    await reasons.getByRole('button', { name: 'Retry these' }).click();
  });
});
