import { expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { cell, test } from './fixtures.ts';
import type { Morket } from './morket.ts';

const LINES = [
  ['Company', 'City', 'Size'],
  ...Array.from({ length: 400 }, (_, i) => [
    `Firm ${String(i).padStart(3, '0')}`,
    ['Berlin', 'Paris', 'Rome'][i % 3] ?? '',
    String(i % 7),
  ]),
];

interface Made {
  ws: string;
  table: string;
  api: Api;
  views: Record<string, string>;
}

async function views(page: Page, morket: Morket, name: string): Promise<Made> {
  const api = await Api.signIn(morket);
  const made = await api.workspace(name, 'Firms', LINES);
  const path = `/workspaces/${made.ws}/tables/${made.table}`;
  const table = await api.get<{ columns: { id: string; name: string }[] }>(path);
  const id = (column: string): string => table.columns.find((c) => c.name === column)?.id ?? '';
  const ids: Record<string, string> = {};
  for (const [view, body] of Object.entries({
    'In Paris': {
      filter: { column: id('City'), op: 'is', value: 'Paris' },
      sort: [{ column: id('Company'), dir: 'desc' }],
    },
    'By city': { groups: [{ column: id('City'), dir: 'asc' }], columns: [{ id: id('Size'), hidden: true }] },
  }))
    ids[view] = (await api.post<{ id: string }>(`${path}/views`, { name: view, shared: true, ...body })).id;
  await page.goto(`/w/${made.ws}/tables/${made.table}`);
  await expect(await cell(page, 0, 'Company')).toHaveText('Firm 000');
  return { ...made, api, views: ids };
}
const rowsOf = (made: Made, text: string) =>
  made.api.get<{ id: string }[]>(`/workspaces/${made.ws}/tables/${made.table}/rows?q=${encodeURIComponent(text)}`);

test('views are shown in a gallery and opened, renamed, duplicated and deleted there', async ({
  demo: page,
  morket,
}) => {
  await views(page, morket, 'Gallery');
  await page.getByRole('button', { name: 'All views' }).click();
  const gallery = page.getByRole('dialog', { name: 'Views of “Firms”' });
  const card = (name: string) => gallery.getByRole('listitem').filter({ hasText: name });
  await expect(card('In Paris')).toContainText('City is Paris');
  await expect(card('In Paris')).toContainText('Company ↓');
  await expect(card('By city')).toContainText('1 column hidden');
  for (const [theme, dark] of [
    ['light', false],
    ['dark', true],
  ] as const) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    for (const width of [1440, 375]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `screenshots/view-gallery-${theme}-${String(width)}.png` });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  const act = async (name: string, what: string): Promise<void> => {
    await gallery.getByRole('button', { name: `Actions for the view ${name}` }).click();
    await page.getByRole('menuitem', { name: what }).click();
  };
  await act('In Paris', 'Duplicate');
  await expect(card('In Paris copy')).toContainText('City is Paris');
  await act('In Paris copy', 'Rename');
  await page.getByRole('dialog', { name: 'Rename view' }).getByLabel('Name').fill('Also Paris');
  await page.getByRole('dialog', { name: 'Rename view' }).getByRole('button', { name: 'Save' }).click();
  await expect(card('Also Paris')).toBeVisible();
  await act('Also Paris', 'Delete view');
  await page.getByRole('button', { name: 'Delete view', exact: true }).click();
  await expect(card('Also Paris')).toHaveCount(0);
  await gallery.getByRole('button', { name: 'In Paris', exact: true }).click();
  await expect(gallery).toHaveCount(0);
  await expect(await cell(page, 0, 'Company')).toHaveText('Firm 397');
  await expect(page).toHaveURL(/view=viw_/);
});

test('a link opens exactly the view, the row and the cell', async ({ demo: page, morket }) => {
  const made = await views(page, morket, 'Links');
  await page.goto(`/w/${made.ws}/tables/${made.table}?view=${made.views['In Paris'] ?? ''}`);
  await expect(await cell(page, 0, 'Company')).toHaveText('Firm 397');
  await (await cell(page, 1, 'City')).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Copy link to cell' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/view=viw_.*&row=row_.*&cell=col_/);

  await test.step('in a sorted and filtered view', async () => {
    const other = await page.context().newPage();
    await other.goto(link);
    await expect(other.locator('.ag-cell-focus')).toHaveText('Paris');
    await expect(other.locator('.ag-row-focus .ag-cell', { hasText: 'Firm 394' })).toBeVisible();
    await other.close();
  });
  await test.step('far down in a grouped view, also where its group is closed', async () => {
    const [row] = await rowsOf(made, 'Firm 386');
    await page.goto(`/w/${made.ws}/tables/${made.table}?view=${made.views['By city'] ?? ''}&row=${row?.id ?? ''}`);
    await expect(page.locator('.ag-cell-focus')).toHaveText('Firm 386');
    await expect(page.locator('.ag-cell-focus')).toBeInViewport();
    await page.screenshot({ path: 'screenshots/link-grouped.png' });
  });
  await test.step('of a row that the view leaves out', async () => {
    const [row] = await rowsOf(made, 'Firm 000');
    await page.goto(`/w/${made.ws}/tables/${made.table}?view=${made.views['In Paris'] ?? ''}&row=${row?.id ?? ''}`);
    await expect(page.getByText('The view leaves this row out.')).toBeVisible();
    await expect(page.locator('.ag-cell-focus')).toHaveText('Firm 000');
  });
});
