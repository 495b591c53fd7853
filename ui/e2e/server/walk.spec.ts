import { expect, type Page } from '@playwright/test';
import { cell, middle, openTable, report, signIn, test } from './fixtures.ts';

const picture = (name: string): string => `screenshots/walk-${name}.png`;

/** Makes an enrichment column with the provider and answers with its estimate on the screen. */
async function addEnrichment(page: Page, provider: RegExp, name: string, fill?: () => Promise<void>): Promise<void> {
  await page.getByRole('button', { name: 'Enrich' }).click();
  await page.getByRole('button', { name: provider }).click();
  await page.getByLabel('Column name').fill(name);
  await fill?.();
}

test('a company’s domain and its DNS facts: estimated, run, watched, looked into, undone, paid for', async ({
  demo: page,
  morket,
}) => {
  await openTable(page, 'S&P 500');
  await expect(page.getByTestId('row-count')).toHaveText('503 rows');

  await test.step('add the companies’ domains, tried on one row', async () => {
    await addEnrichment(page, /Domain from email, website or company/, 'Company domain');
    await page.getByRole('button', { name: 'Try', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Preview' })).toContainText('3m.com');
    await page.screenshot({ path: picture('1-enrichment') });
    await page.getByRole('button', { name: 'Create column' }).click();
    await expect(page.getByRole('dialog')).toContainText('At most');
    await page.screenshot({ path: picture('2-estimate') });
    await page.getByRole('button', { name: 'Run 503 records' }).click();
  });

  await test.step('the cells fill by themselves', async () => {
    await expect(await cell(page, 0, 'Company domain')).toHaveText('3m.com');
    await expect(await cell(page, 2, 'Company domain')).toHaveText('abbott.com'); // there is no abbottlaboratories.com
  });

  await test.step('the same for DNS facts, whose price stands against the balance, and for the website', async () => {
    await addEnrichment(page, /DNS facts/, 'Mail vendor');
    await page.getByRole('button', { name: 'Create column' }).click();
    await expect(page.getByRole('dialog')).toContainText(/At most\s*251\.5\s*You have\s*1,000/);
    await page.screenshot({ path: picture('3-paid-estimate') });
    await page.getByRole('button', { name: /Run \d+ records/ }).click();
    await expect(await cell(page, 0, 'Mail vendor')).toHaveText('Microsoft 365');
    await expect(await cell(page, 1, 'Mail vendor')).toHaveText('Google Workspace');
    await addEnrichment(page, /Website profile/, 'Site title', async () => {
      await page.getByLabel('Website or domain from').selectOption('A text with columns');
      await page.getByLabel('Text of Website or domain').fill(`http://{{Company domain}}:${String(morket.sites)}/`);
    });
    await page.getByRole('button', { name: 'Create column' }).click();
    await page.getByRole('button', { name: /Run \d+ records/ }).click();
    await expect(await cell(page, 0, 'Site title')).toHaveText('3m: what we make');
    await page.screenshot({ path: picture('4-filled') });
  });

  await test.step('a cell tells where it comes from', async () => {
    await (await cell(page, 0, 'Mail vendor')).hover();
    const card = page.getByRole('dialog', { name: 'Where the value comes from' });
    for (const fact of ['Provider', 'DNS facts', 'Cost', '0.5 credits', 'Answered in', 'When'])
      await expect(card).toContainText(fact);
    await page.screenshot({ path: picture('5-hover') });
  });

  await test.step('and has a history', async () => {
    await (await cell(page, 0, 'Mail vendor')).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'History of this cell' }).click();
    await expect(page.getByRole('complementary')).toContainText('DNS facts');
    await page.screenshot({ path: picture('6-history') });
    await page.keyboard.press('Escape');
  });

  await test.step('the run is undone and redone', async () => {
    await page.getByRole('button', { name: 'Undo (Ctrl+Z)' }).click();
    await expect(await cell(page, 0, 'Site title')).toHaveText('');
    await expect(await cell(page, 0, 'Mail vendor')).toHaveText('Microsoft 365');
    await page.screenshot({ path: picture('7-undone') });
    await page.getByRole('button', { name: 'Redo (Ctrl+Y)' }).click();
    await expect(await cell(page, 0, 'Site title')).toHaveText('3m: what we make');
  });

  await test.step('every credit is accounted for', async () => {
    await page.getByRole('link', { name: 'Credits' }).click();
    await page.getByRole('button', { name: 'Verify' }).click();
    const proof = page.getByText(/Verified: .* 1,000 brought in/);
    const [spent = 0, available = 0] = [...(await proof.innerText()).matchAll(/[\d.,]+(?= (?:spent|available))/g)].map(
      ([n]) => Number(n.replace(',', '')),
    );
    expect(spent).toBeGreaterThan(0);
    expect(spent % 0.5).toBe(0);
    expect(spent + available).toBe(1000);
    const balance = page.locator('dt', { hasText: 'Available' }).locator('xpath=following-sibling::dd[1]');
    await expect(balance).toHaveText(String(available));
    await page.screenshot({ path: picture('8-credits') });
  });
});

/** The moment at which a text is on the screen, looked for at each frame. */
function appears(page: Page, text: string): Promise<unknown> {
  const there = (wanted: string): boolean =>
    [...document.querySelectorAll('.ag-cell')].some((c) => c.textContent === wanted);
  return page.waitForFunction(there, text, { polling: 'raf', timeout: 5_000 });
}

test('two browsers on one table see each other’s edits', async ({ demo: page, browser }) => {
  const other = await (await browser.newContext()).newPage();
  await signIn(other);
  for (const p of [page, other]) await openTable(p, 'S&P 500');
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const text = `Round ${String(i)}`;
    await (await cell(page, i, 'Industry')).click();
    const seen = appears(other, text);
    await page.keyboard.type(text);
    const start = performance.now();
    await page.keyboard.press('Enter');
    await seen;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  report(`edit → other screen, ms: median ${middle(times)}, slowest ${times.at(-1)?.toFixed(0) ?? ''}`);
  await other.context().close();
});
