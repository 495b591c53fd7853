import { expect, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { cell, test } from './fixtures.ts';

/** A person without a mouse: what they do is counted, and nothing is done but by keys. */
class Keys {
  steps = 0;
  constructor(private readonly page: Page) {}

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
      this.steps++;
    }
  }
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
    this.steps++;
  }
  /** Presses Tab until the focus is on what the name says; that is one step. */
  async to(name: RegExp, key = 'Tab'): Promise<void> {
    this.steps++;
    const seen: string[] = [];
    for (let i = 0; i < 120; i++) {
      const label = await this.focused();
      if (name.test(label)) return;
      seen.push(label.slice(0, 30));
      await this.page.keyboard.press(key);
    }
    throw new Error(`${key} does not come to ${String(name)}, only to ${[...new Set(seen)].join(' | ')}`);
  }
  /** Goes to what the name says and presses Enter on it. */
  async choose(name: RegExp, key = 'Tab'): Promise<void> {
    await this.to(name, key);
    await this.press('Enter');
  }
  private focused(): Promise<string> {
    return this.page.evaluate(() => {
      const now = document.activeElement;
      if (!now || now === document.body) return '';
      const labelled = now.getAttribute('aria-labelledby');
      const label =
        now.getAttribute('aria-label') ?? (labelled ? document.getElementById(labelled)?.textContent : null);
      const own =
        now instanceof HTMLInputElement || now instanceof HTMLSelectElement || now instanceof HTMLTextAreaElement;
      return (label ?? (own ? now.labels?.[0]?.textContent : now.textContent) ?? '').trim();
    });
  }
}

test('from signing up to an enriched, grouped and exported table without a mouse', async ({ page }) => {
  test.setTimeout(240_000);
  const keys = new Keys(page);
  const cellIn = (row: number, column: string) => cell(page, row, column);

  await test.step('sign up and name a workspace', async () => {
    await page.goto('/register');
    await keys.to(/^Name/);
    await keys.type('Kay Board');
    await keys.to(/^Email/);
    await keys.type(`kay-${String(Date.now())}@example.com`);
    await keys.to(/^Password/);
    await keys.type('no mouse in this house');
    await keys.press('Enter');
    await expect(page.getByLabel('Name of the workspace')).toBeVisible();
    await keys.to(/^Name of the workspace/);
    await keys.type('Keys only');
    await keys.press('Enter');
    await expect(page.getByRole('heading', { name: 'Home' })).toBeVisible();
  });

  await test.step('start with the sample', async () => {
    await keys.choose(/Start with 20 companies/);
    await expect(page.getByTestId('row-count')).toHaveText('20 rows');
  });

  await test.step('into the grid: edit, undo, redo, a date, a line break', async () => {
    await keys.to(/^Company$/);
    await keys.press('ArrowDown');
    const first = await cellIn(0, 'Company');
    await expect(first).toHaveClass(/ag-cell-focus/);
    const name = await first.innerText();
    await keys.type('Renamed');
    await keys.press('Enter');
    await expect(first).toHaveText('Renamed');
    await keys.press('Control+z');
    await expect(first).toHaveText(name);
    await keys.press('Control+y');
    await expect(first).toHaveText('Renamed');
    await keys.press('Control+z');
    await expect(first).toHaveText(name);
  });
  await test.step('add a column of numbers and fill it down', async () => {
    await keys.choose(/^Add a column$/, 'Shift+Tab');
    await keys.type('Seats');
    await keys.to(/^Search types$/);
    await keys.type('number');
    await keys.press('Enter');
    await keys.choose(/^Add column$/);
    await expect(page.locator('.ag-header-cell', { hasText: 'Seats' })).toBeVisible();
  });
  await test.step('numbers are typed and filled down', async () => {
    const seats = await cellIn(0, 'Seats');
    await keys.to(/^Seats$/, 'Shift+Tab');
    await keys.press('ArrowDown');
    await expect(seats).toHaveClass(/ag-cell-focus/);
    await keys.type('5');
    await keys.press('Enter');
    await expect(seats).toHaveText('5');
    await keys.press('ArrowUp');
    await keys.press('Control+Shift+ArrowDown');
    await keys.press('Control+d');
    await expect(await cellIn(19, 'Seats')).toHaveText('5');
  });
  await test.step('run the enrichment of the sample', async () => {
    await keys.to(/^Company domain$/, 'Shift+Tab');
    await keys.press('Enter');
    await expect(page.getByRole('menu')).toBeVisible();
    await keys.choose(/^Run/, 'ArrowDown');
    await expect(page.getByRole('dialog')).toContainText('At most');
    await keys.choose(/^Run \d+ records/);
    await expect(await cellIn(0, 'Company domain')).toHaveText('3m.com');
  });
  await test.step('group by industry, with the sum of the seats', async () => {
    await keys.choose(/^Group/, 'Shift+Tab');
    await keys.choose(/^Group by a column$/);
    await keys.press('Escape');
    const first = page.locator('.ag-row[row-index="0"]');
    await expect(first).toContainText('Communication Services');
    await expect(first).toContainText('5');
  });
  await test.step('open and close a group', async () => {
    await keys.to(/^Company$/);
    await keys.press('ArrowDown', 'ArrowLeft');
    await expect(page.locator('.ag-row[row-index="1"]')).toContainText('Consumer Discretionary');
    await keys.press('ArrowRight');
    await expect(page.locator('.ag-row[row-index="1"]')).toContainText('Netflix');
  });
  await test.step('find a company in the groups', async () => {
    await keys.press('Control+f');
    await keys.type('Kroger');
    await keys.press('Enter', 'Enter', 'Shift+Enter');
    await expect(page.getByText(/^[12] of 2$/)).toBeVisible();
    await keys.press('Escape');
  });
  await test.step('the keys are listed', async () => {
    await keys.press('Control+/');
    await expect(page.getByRole('dialog')).toContainText('Ctrl');
    await keys.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
  await test.step('export the table', async () => {
    const download = page.waitForEvent('download');
    await keys.choose(/^Export$/, 'Shift+Tab');
    await expect(page.getByRole('dialog')).toBeVisible();
    await keys.choose(/^Export 20 rows$/);
    const text = await readFile(await (await download).path(), 'utf8');
    expect(text.trim().split('\n')).toHaveLength(21);
    expect(text).toContain('3m.com');
  });
  expect(keys.steps).toBeGreaterThanOrEqual(60);
});
