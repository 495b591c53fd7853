/// <reference types="vitest/config" />
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, type PluginOption } from 'vite';

/** The API of `npm run dev`; the mock mode answers from memory instead. */
const apiTarget = process.env['MORKET_API'] ?? 'http://127.0.0.1:8080';

async function mockServer(): Promise<PluginOption> {
  const { mockPlugin } = await import('./src/testing/mock/vite-plugin.ts');
  return mockPlugin();
}

export default defineConfig(async ({ mode }) => ({
  plugins: [react(), tailwindcss(), ...(mode === 'mock' ? [await mockServer()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: mode === 'mock' ? {} : { proxy: { '/api': apiTarget } },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 2048,
    rolldownOptions: {
      // What most pages share comes in one request rather than in one for each icon and query.
      output: {
        codeSplitting: { groups: [{ name: 'shared', test: /lucide-react|react-query|src\/(components|api|lib)\// }] },
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    testTimeout: 20_000,
    // Node 20 has raw JSON, which browsers have, behind a flag.
    execArgv: 'rawJSON' in JSON ? [] : ['--harmony-json-parse-with-source'],
  },
}));
