import { nameKey } from './fold';

/** The most characters that a name has. */
const MOST = 100;

/** “Leads copy”, “Leads copy 2”: a name for a copy that nothing else has, within the limit. */
export function copyName(name: string, taken: readonly string[]): string {
  const used = new Set(taken.map(nameKey));
  for (let n = 1; ; n++) {
    const tail = n === 1 ? ' copy' : ` copy ${String(n)}`;
    const wanted =
      Array.from(name)
        .slice(0, MOST - tail.length)
        .join('') + tail;
    if (!used.has(nameKey(wanted))) return wanted;
  }
}
