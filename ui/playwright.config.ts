import { defineConfig } from '@playwright/test';

const root = process.getuid?.() === 0;
const mock = 'http://127.0.0.1:5198';

/**
 * Drives the built interface in the system's Chromium: `mock` against an in-memory server, which can be made to fail at
 * will, `server` against the real one (e2e/server starts it).
 */
export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 30_000,
  reporter: 'line',
  outputDir: 'test-results',
  use: {
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
  projects: [
    {
      name: 'mock',
      testIgnore: 'server/**',
      use: {
        baseURL: mock,
        storageState: {
          cookies: [],
          origins: [{ origin: mock, localStorage: [{ name: 'morket.session', value: 'yes' }] }],
        },
      },
    },
    { name: 'server', testMatch: 'server/**/*.spec.ts', timeout: 120_000 },
  ],
  webServer: {
    command: 'npm run preview:mock -- --host 127.0.0.1',
    url: mock,
    reuseExistingServer: false,
  },
});
