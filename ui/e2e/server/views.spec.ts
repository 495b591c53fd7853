import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, test } from './fixtures.ts';
import type { Morket } from './morket.ts';

const COMPANIES = [
  ['Company', 'Stage', 'City'],
  ['Acme', 'Won', 'Berlin'],
  ['Bolt', 'Lost', 'Paris'],
  ['Core', 'won', 'Paris'],
  ['Dune', '', 'Berlin'],
  ['Echo', 'Won', 'Rome'],
];

async function companies(page: Page, morket: Morket, name: string): Promise<{ ws: string; table: string; api: Api }> {
  const api = await Api.signIn(morket);
  const made = await api.workspace(name, name, COMPANIES);
  await api.post(`/workspaces/${made.ws}/tables/${made.table}/columns`, { name: 'Amount', type: 'number' });
  await page.goto(`/w/${made.ws}/tables/${made.table}`);
  await expect(await cell(page, 0, 'Company')).toHaveText('Acme');
  for (const [i, amount] of ['5', '1', '7', '2', '4'].entries()) {
    await (await cell(page, i, 'Amount')).click();
    // The next page must not break off an edit: it would be sent again, which is a line in the console.
    const saved = page.waitForResponse((r) => r.request().method() === 'PATCH' && r.url().endsWith('/cells'));
    await page.keyboard.type(amount);
    await page.keyboard.press('Enter');
    await saved;
  }
  return { ...made, api };
}
const view = (page: Page) => page.getByRole('toolbar', { name: 'View' });
const firstCells = async (page: Page, n: number): Promise<string[]> => {
  const texts: string[] = [];
  for (let i = 0; i < n; i++) texts.push(((await (await cell(page, i, 'Company')).textContent()) ?? '').trim());
  return texts;
};

test('rows are grouped, summed, closed and opened by keyboard, and the view keeps it', async ({
  demo: page,
  morket,
}) => {
  await companies(page, morket, 'Grouped');
  await view(page)
    .getByRole('button', { name: /^Group/ })
    .click();
  const panel = page.getByRole('dialog', { name: 'Group' });
  await panel.getByRole('button', { name: 'Group by a column' }).click();
  await panel.getByLabel('Column').first().selectOption({ label: 'Stage' });
  await page.keyboard.press('Escape');
  await expect
    .poll(() => firstCells(page, 8))
    .toEqual(['Lost1', 'Bolt', 'Won3', 'Acme', 'Core', 'Echo', '(empty)1', 'Dune']);
  await expect(await cell(page, 2, 'Amount')).toHaveText('Sum 16');
  await expect(page.getByTestId('row-count')).toHaveText('5 rows');

  await (await cell(page, 2, 'Company')).click();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => firstCells(page, 5)).toEqual(['Lost1', 'Bolt', 'Won3', '(empty)1', 'Dune']);
  await page.keyboard.press('ArrowRight');
  await expect(await cell(page, 3, 'Company')).toHaveText('Acme');

  await (await cell(page, 3, 'Amount')).click();
  await page.keyboard.type('9');
  await page.keyboard.press('Enter');
  await expect(await cell(page, 2, 'Amount')).toHaveText('Sum 20');
  await (await cell(page, 3, 'Stage')).click();
  await page.keyboard.type('Lost');
  await page.keyboard.press('Enter');
  await expect.poll(() => firstCells(page, 4)).toEqual(['Lost2', 'Acme', 'Bolt', 'Won2']);

  await page.getByRole('button', { name: 'Save view' }).click();
  await expect(page.getByText('View saved')).toBeVisible();
  await page.reload();
  await expect.poll(() => firstCells(page, 4)).toEqual(['Lost2', 'Acme', 'Bolt', 'Won2']);
});

test('a filter has groups of conditions, and the order of sorts is changed by keyboard', async ({
  demo: page,
  morket,
}) => {
  await companies(page, morket, 'Filtered');
  await view(page)
    .getByRole('button', { name: /^Filter/ })
    .click();
  const filter = page.getByRole('dialog', { name: 'Filter' });
  await filter.getByRole('button', { name: 'Add condition' }).click();
  await filter.getByLabel('Value').fill('o');
  await filter.getByRole('button', { name: 'Add group' }).first().click();
  const group = filter.getByRole('group');
  await group.getByLabel('Column').selectOption({ label: 'City' });
  await group.getByLabel('Condition', { exact: true }).selectOption({ label: 'contains any of' });
  await group.getByLabel('Values').fill('rome, ber');
  await group.getByRole('button', { name: 'Add condition' }).click();
  await group.getByLabel('Column').nth(1).selectOption({ label: 'Stage' });
  await group.getByLabel('Value', { exact: true }).fill('lost');
  await expect(page.getByTestId('row-count')).toHaveText('2 of 5 rows');
  await page.keyboard.press('Escape');
  await expect.poll(() => firstCells(page, 2)).toEqual(['Bolt', 'Echo']);

  await view(page)
    .getByRole('button', { name: /^Filter/ })
    .click();
  await filter.getByRole('button', { name: 'Clear all' }).click();
  await page.keyboard.press('Escape');
  await view(page).getByRole('button', { name: /^Sort/ }).click();
  const sort = page.getByRole('dialog', { name: 'Sort' });
  await sort.getByRole('button', { name: 'Add sort' }).click();
  await sort.getByRole('button', { name: 'Add sort' }).click();
  await sort.getByLabel('Column').nth(1).selectOption({ label: 'City' });
  await sort.getByRole('button', { name: /^Move City/ }).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Escape');
  await expect.poll(() => firstCells(page, 5)).toEqual(['Acme', 'Dune', 'Bolt', 'Core', 'Echo']);
});

test('a rule colours the cells that meet it, those that are edited too', async ({ demo: page, morket }) => {
  await companies(page, morket, 'Coloured');
  await view(page)
    .getByRole('button', { name: /^Colour/ })
    .click();
  const panel = page.getByRole('dialog', { name: 'Colour' });
  await panel.getByRole('button', { name: 'Add rule' }).click();
  await panel.getByLabel('Column').selectOption({ label: 'Amount' });
  await panel.getByLabel('Condition', { exact: true }).selectOption({ label: '>' });
  await panel.getByLabel('Value').fill('4');
  await panel.getByRole('radio', { name: 'rose' }).click();
  await page.keyboard.press('Escape');
  await expect(await cell(page, 0, 'Amount')).toHaveClass(/mk-coloured/);
  await expect(await cell(page, 1, 'Amount')).not.toHaveClass(/mk-coloured/);
  await expect(await cell(page, 0, 'Company')).not.toHaveClass(/mk-coloured/);
  await (await cell(page, 1, 'Amount')).click();
  await page.keyboard.type('40');
  await page.keyboard.press('Enter');
  await expect(await cell(page, 1, 'Amount')).toHaveClass(/mk-coloured/);
});

test('a link opens the view that it names, and says so when it is not there', async ({ demo: page, morket }) => {
  const { ws, table, api } = await companies(page, morket, 'Linked');
  const made = await api.post<{ id: string }>(`/workspaces/${ws}/tables/${table}/views`, {
    name: 'Berlin',
    shared: true,
  });
  await page.goto(`/w/${ws}/tables/${table}?view=${made.id}`);
  await expect(page.getByRole('button', { name: /^Berlin/ })).toHaveAttribute('aria-current', 'true');
  await page.getByRole('button', { name: /^All rows/ }).click();
  await expect(page).not.toHaveURL(new RegExp(made.id));
  await page.goto(`/w/${ws}/tables/${table}?view=viw_gone`);
  await expect(page.getByText('The link’s view is not there')).toBeVisible();
  await expect(page.getByRole('button', { name: /^All rows/ })).toHaveAttribute('aria-current', 'true');
});
