/** How many tables are shown; the rail and the page of tables have all. */
const RECENT = 6;

/** The tables that were changed last, the latest first. */
export function latest<T extends { updated_at: string }>(tables: readonly T[]): T[] {
  return [...tables].sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at)).slice(0, RECENT);
}
