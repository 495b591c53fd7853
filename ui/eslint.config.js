import js from '@eslint/js';
import { readdirSync } from 'node:fs';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** The features; each keeps to itself. */
const own = readdirSync(`${import.meta.dirname}/src/features`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** What a zone may never import; the direction is app → features → grid, realtime → api, components → lib. */
function zone(files, banned) {
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...banned.map(([folder, message]) => ({ regex: `^@/${folder}/(?!types$)`, message })),
            {
              regex: `^\\.\\./(\\.\\.|${own.join('|')})/`,
              message: 'What is outside the own folder is imported by @/.',
            },
          ],
        },
      ],
    },
  };
}

const app = ['app', 'Only main.tsx and app/ itself know the app.'];
const features = ['features', 'A shared layer knows no feature.'];
const grid = ['grid', 'Only features use the grid.'];
const realtime = ['realtime', 'Only features use the stream.'];
const api = ['api', 'The grid and the shared layers know no HTTP; only the types of its data.'];
const testing = ['testing', 'Test code never reaches the build.'];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts', 'screenshots', 'test-results', 'playwright-report'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'JSXOpeningElement[name.name=/^[Ii]nput$/] > JSXAttribute[name.name="type"] Literal[value=/^(number|date|datetime-local|month|week|time)$/]',
          message: 'The browser reads values in its own language; use TypedInput, NumberInput or DateInput.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.tsx'],
    ignores: ['src/**/*.test.tsx'],
    rules: { 'max-lines': ['error', { max: 250, skipBlankLines: true }] },
  },
  { files: ['e2e/**'], rules: { 'react-hooks/rules-of-hooks': 'off' } }, // Playwright's use() is no hook
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
  ...own.map((name) =>
    zone(
      [`src/features/${name}/**`],
      [
        app,
        testing,
        [`features/(?!${name}/)[^/]+`, 'Features meet in app/; what two of them need is in api/, components/ or lib/.'],
      ],
    ),
  ),
  zone(['src/grid/**'], [app, features, realtime, api, testing]),
  zone(['src/realtime/**'], [app, features, grid, testing]),
  zone(['src/api/**'], [app, features, grid, realtime, testing]),
  zone(['src/components/**'], [app, features, grid, realtime, api, testing]),
  zone(['src/lib/**'], [app, features, grid, realtime, api, testing, ['components', 'lib/ holds no interface.']]),
  zone(['src/app/**'], [testing]),
  { files: ['src/**/*.test.{ts,tsx}'], rules: { 'no-restricted-imports': 'off' } },
);
