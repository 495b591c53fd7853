import { expect, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { cell, test } from './fixtures.ts';

/** A European file as Excel writes it, in Windows-1252. */
const european = [
  'Umsatzbericht;;;;;;',
  '',
  'Firma;Umsatz;Gegründet;Aktiv;;Ort;Ort',
  'Müller & Söhne GmbH;1.234,56;31.12.2025;ja;x;Köln;Nürnberg',
  'Bäckerei Weiß;-12,50;01.02.2024;nein;;Düsseldorf;',
  'Öko Grün;1.000.000,00;03.04.2023;ja;y;Fürth;Tübingen',
  '',
].join('\r\n');

async function choose(page: Page, name: string, body: Buffer): Promise<void> {
  await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: 'Import' }).click();
  await page.getByLabel('File to import').setInputFiles({ name, mimeType: 'text/csv', buffer: body });
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeVisible();
}

async function open(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('button', { name: 'Open the table' }).click({ timeout: 60_000 });
}

test('a European file comes in right with the defaults', async ({ demo: page }) => {
  await choose(page, 'Umsätze.csv', Buffer.from(european, 'latin1'));
  await expect(page.getByLabel('Encoding', { exact: true })).toHaveValue('windows-1252');
  await expect(page.getByLabel('Header line')).toHaveValue('3');
  await expect(page.getByRole('list', { name: 'About this file' })).toContainText('Umsatzbericht');
  await page.screenshot({ path: 'test-results/import-european.png', fullPage: true });
  await open(page);
  await expect(page.getByTestId('row-count')).toHaveText('3 rows');
  for (const [column, text] of [
    ['Firma', 'Müller & Söhne GmbH'],
    ['Umsatz', '1.234,56'], // a number, shown in the form of its column
    ['Column 5', 'x'],
    ['Ort 2', 'Nürnberg'],
  ] as const) {
    await expect(await cell(page, 0, column)).toHaveText(text);
  }
  await expect(await cell(page, 0, 'Gegründet')).toContainText('2025');
});

test('the S&P 500 file comes in right with the defaults', async ({ demo: page }) => {
  await choose(
    page,
    'sp500.csv',
    await readFile(new URL('../../../cmd/internal/demo/sp500-companies.csv', import.meta.url)),
  );
  await open(page);
  await expect(page.getByTestId('row-count')).toHaveText('503 rows');
  await expect(page.locator('.ag-row[row-index="0"]')).toContainText('3M');
});

test('what would be lost is shown before anything is imported', async ({ demo: page }) => {
  await choose(page, 'lossy.csv', Buffer.from('Name,Employees\nAcme,12\nBolt,many\nCog,7,too,much\n'));
  await page.getByLabel('Type for Employees').selectOption('number');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('heading', { name: '2 rows of 3 would lose a value' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'What would be lost' })).toContainText('many');
  await page.screenshot({ path: 'test-results/import-losses.png', fullPage: true });
  await page.getByLabel('Rows with such a value').selectOption('empty_cell');
  await page.getByRole('button', { name: 'Import anyway' }).click();
  await page.getByRole('button', { name: 'Open the table' }).click({ timeout: 60_000 });
  await expect(page.getByTestId('row-count')).toHaveText('3 rows');
});

test('an uncertain encoding and dates that can be read in two ways are asked', async ({ demo: page }) => {
  const raw = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('Name;Tag\nMüller;01/02/2026\n', 'latin1')]);
  await choose(page, 'asked.csv', raw);
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await page.screenshot({ path: 'test-results/import-encoding.png', fullPage: true });
  await page.getByRole('radio', { name: /WINDOWS-1252 .*Müller/ }).click();
  await expect(page.getByText('Choose how “Tag” is written.')).toBeVisible();
  await page.getByLabel('Dates of Tag are written').selectOption('dmy');
  await open(page);
  await expect(await cell(page, 0, 'Name')).toHaveText('Müller');
});
