import type { CellValue, SavedSearch, SearchHit, SearchQuestion } from '../../api/types.ts';
import { Fault, type Router } from './http.ts';
import type { MockState } from './state.ts';

const escape = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const text = (v: CellValue | undefined): string => (typeof v === 'object' ? JSON.stringify(v) : String(v ?? ''));

/** Finds rows that have the words somewhere in them; no more than tests of the interface need. */
export function searchRoutes(r: Router, s: MockState): void {
  const saved: SavedSearch[] = [];
  r.on('POST', 'W/search', ({ body }) => {
    const { q = '', filters, limit = 20 } = body as SearchQuestion & { limit?: number };
    if (q === 'down') throw new Fault(503, 'OPENSEARCH_UNAVAILABLE', 'OpenSearch does not answer now.');
    const word = q.trim().toLowerCase();
    const mark = (text: string): string => {
      const at = text.toLowerCase().indexOf(word);
      if (!word || at < 0) return escape(text);
      const end = at + word.length;
      return `${escape(text.slice(0, at))}<mark>${escape(text.slice(at, end))}</mark>${escape(text.slice(end))}`;
    };
    const hits: SearchHit[] = [];
    for (const table of s.tables.values()) {
      if (table.trashed || (filters?.tables && !filters.tables.includes(table.id))) continue;
      for (const row of table.rows) {
        const texts = table.columns.map((c) => [c, text(row.cells[c.id])] as const);
        const found = texts.filter(([, text]) => text.toLowerCase().includes(word));
        if (found.length === 0) continue;
        const name = texts[0]?.[1] ?? '';
        hits.push({
          row_id: row.id,
          table_id: table.id,
          table_name: table.name,
          name,
          name_html: mark(name),
          matches: found.slice(0, 3).map(([c, text]) => ({ column_id: c.id, column: c.name, html: mark(text) })),
          tags: [],
          states: [],
          providers: [],
          updated_at: s.at(),
        });
      }
    }
    const counts = new Map<string, number>();
    for (const h of hits) counts.set(h.table_id, (counts.get(h.table_id) ?? 0) + 1);
    const table = [...counts].map(([value, count]) => ({ value, label: s.tables.get(value)?.name ?? value, count }));
    return { data: hits.slice(0, limit), meta: { total: hits.length, facets: { table } } };
  });
  r.on('GET', 'W/search/suggest', ({ query }) => {
    const start = (query.get('q') ?? '').toLowerCase();
    const counts = new Map<string, number>();
    for (const table of s.tables.values())
      for (const row of table.rows)
        for (const v of Object.values(row.cells))
          if (typeof v === 'string' && v.toLowerCase().startsWith(start)) counts.set(v, (counts.get(v) ?? 0) + 1);
    return { data: [...counts].slice(0, 10).map(([value, count]) => ({ value, count })) };
  });
  r.on('GET', 'W/search/saved', () => ({ data: saved }));
  r.on('POST', 'W/search/saved', ({ body }) => {
    const made = { ...(body as Pick<SavedSearch, 'name' | 'query' | 'shared'>), id: s.id('sch'), mine: true };
    saved.push(made);
    return { data: made, status: 201, position: s.tick() };
  });
}
