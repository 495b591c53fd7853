import { defineConfig } from '@playwright/test';

const root = process.getuid?.() === 0;
const port = 5198;

/** Drives the built interface in the system's Chromium against the in-memory server. */
export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 30_000,
  reporter: 'line',
  outputDir: 'test-results',
  use: {
    baseURL: `http://127.0.0.1:${String(port)}`,
    screenshot: 'only-on-failure',
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
      chromiumSandbox: !root,
      args: [
        '--disable-dev-shm-usage',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    },
  },
  webServer: {
    command: 'npm run preview:mock -- --host 127.0.0.1',
    url: `http://127.0.0.1:${String(port)}`,
    reuseExistingServer: false,
  },
});
