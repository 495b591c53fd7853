import { test, type Page } from '@playwright/test';

/** Pictures of the main pages in both themes and widths, kept for looking at. */
const pages: { name: string; path: string; act?: (page: Page) => Promise<void> }[] = [
  { name: 'tables', path: '/w/ws_demo/tables' },
  { name: 'grid', path: '/w/ws_demo/tables/tbl_000001' },
  { name: 'import', path: '/w/ws_demo/import' },
  { name: 'jobs', path: '/w/ws_demo/jobs' },
  { name: 'job', path: '/w/ws_demo/jobs/run_000002' },
  { name: 'credits', path: '/w/ws_demo/credits' },
  { name: 'members', path: '/w/ws_demo/settings/members' },
  { name: 'credentials', path: '/w/ws_demo/settings/credentials' },
];

for (const theme of ['light', 'dark'] as const) {
  for (const width of [1440, 375]) {
    test(`pictures ${theme} ${String(width)}`, async ({ page }) => {
      await page.setViewportSize({ width, height: width === 375 ? 760 : 900 });
      await page.addInitScript((t) => localStorage.setItem('morket.theme', t), theme);
      for (const p of pages) {
        await page.goto(p.path);
        await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
        await page.waitForFunction(() => !document.querySelector('[aria-label^="Loading"], .mk-skeleton'));
        await page.waitForTimeout(150);
        await page.screenshot({ path: `screenshots/${p.name}-${theme}-${String(width)}.png` });
      }
    });
  }
}
