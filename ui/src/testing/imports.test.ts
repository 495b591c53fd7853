import { describe, expect, it } from 'vitest';

const sources = import.meta.glob<string>('/src/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });
const IMPORT = /(?:from|import\(|import) ?'([@.][^']+)'/g;

/** The file that an import means; nothing for what is no module of the interface. */
function target(file: string, spec: string): string | undefined {
  const url = spec.startsWith('@/') ? `/src/${spec.slice(2)}` : new URL(spec, `file://${file}`).pathname;
  return [url, `${url}.ts`, `${url}.tsx`].find((path) => path in sources);
}
const graph = new Map(
  Object.entries(sources).map(([file, text]) => [
    file,
    [...text.matchAll(IMPORT)].flatMap((m) => target(file, m[1] ?? '') ?? []),
  ]),
);

/** The first way from the file back to itself. */
function circle(start: string): string[] | null {
  const seen = new Set<string>();
  const walk = (file: string, way: string[]): string[] | null => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...way, next]);
      if (found) return found;
    }
    return null;
  };
  return walk(start, [start]);
}

describe('imports', () => {
  it('are found', () => {
    expect(graph.get('/src/main.tsx')).toContain('/src/app/app.tsx');
  });
  it('never come back to where they began, so that a part can be read by itself', () => {
    expect([...graph.keys()].map(circle).filter(Boolean)).toEqual([]);
  });
});
