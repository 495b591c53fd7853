import { expect, type Page } from '@playwright/test';
import { middle, report, test } from './fixtures.ts';

const ROWS = 100_000;
const COLUMNS = 20;

function file(): string {
  const names = Array.from({ length: COLUMNS }, (_, c) => `Column ${String(c + 1)}`);
  const lines = Array.from({ length: ROWS }, (_, r) =>
    names.map((_n, c) => (c % 4 === 3 ? r * c : `value ${String(r)}/${String(c)}`)).join(','),
  );
  return [names.join(','), ...lines].join('\n');
}

/** Imports the file through the wizard and answers with the address of the table. */
async function imported(page: Page): Promise<string> {
  await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: 'Import' }).click();
  await page
    .getByLabel('File to import')
    .setInputFiles({ name: 'big.csv', mimeType: 'text/csv', buffer: Buffer.from(file()) });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('button', { name: 'Open the table' }).click({ timeout: 90_000 });
  await expect(page.getByTestId('row-count')).toHaveText('100,000 rows', { timeout: 90_000 });
  return page.url();
}

test('a table of 100,000 × 20 is on the screen with few requests and bytes, and scrolls', async ({ demo: page }) => {
  const address = await imported(page);
  const traffic = { requests: 0, bytes: 0 };
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  network.on('Network.requestWillBeSent', () => traffic.requests++);
  network.on('Network.dataReceived', (e) => (traffic.bytes += e.encodedDataLength));

  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    await network.send('Network.clearBrowserCache');
    Object.assign(traffic, { requests: 0, bytes: 0 });
    const start = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await expect(page.locator('.ag-row[row-index="0"]').getByText('value 0/0')).toBeVisible();
    times.push(performance.now() - start);
  }
  report(
    `100,000 × 20 on the screen, cold cache: ${middle(times)} ms (${times.map((t) => t.toFixed(0)).join(', ')}), ${String(traffic.requests)} requests, ${(traffic.bytes / 1000).toFixed(0)} kB`,
  );
  expect(traffic.requests).toBeLessThan(40);
  expect(traffic.bytes).toBeLessThan(2_000_000);

  const frames = await page.evaluate(async () => {
    const view = document.querySelector('.ag-body-vertical-scroll-viewport') as HTMLElement;
    const gaps: number[] = [];
    let before = performance.now();
    for (let i = 0; i < 120; i++) {
      view.scrollTop += 400;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      gaps.push(now - before);
      before = now;
    }
    return gaps;
  });
  report(`scrolling 400 px a frame: median frame ${middle(frames)} ms, slowest ${Math.max(...frames).toFixed(0)} ms`);
  await page.keyboard.press('Escape');
  await page.evaluate(() => {
    const view = document.querySelector('.ag-body-vertical-scroll-viewport') as HTMLElement;
    view.scrollTop = view.scrollHeight;
  });
  await expect(page.getByText('value 99999/0')).toBeVisible();
});
