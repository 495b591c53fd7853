import type { Column, Import } from '../../api/types.ts';
import { Fault, type Router } from './http.ts';
import type { MockState } from './state.ts';

export function importRoutes(r: Router, s: MockState): void {
  const read = (text: string, delimiter: string): string[][] =>
    text
      .trim()
      .split(/\r?\n/)
      .map((l) => l.split(delimiter));
  const shape = (i: Import & { text: string }, delimiter: string, header: boolean): void => {
    const lines = read(i.text, delimiter);
    const names = header ? (lines[0] ?? []) : (lines[0] ?? []).map((_, n) => `Column ${String(n + 1)}`);
    const rows = header ? lines.slice(1) : lines;
    i.detected = { ...i.detected, delimiter, header };
    i.columns = names.map((name, index) => ({
      index,
      name,
      suggested_type: /^\d+$/.test(rows[0]?.[index] ?? '') ? 'number' : 'text',
      samples: rows.slice(0, 3).map((row) => row[index] ?? ''),
    }));
    i.preview = rows.slice(0, 10);
    i.file_rows = rows.length;
    i.counts = { ...i.counts, lines: lines.length, rows: rows.length };
  };
  r.on('POST', 'W/imports', async ({ request, query }) => {
    const text = await request.text();
    const made: Import & { text: string } = {
      id: s.id('imp'),
      state: 'previewed',
      filename: query.get('filename') ?? 'file.csv',
      size: text.length,
      detected: { format: 'csv', encoding: 'utf-8', delimiter: ',', header: true },
      columns: [],
      preview: [],
      file_rows: 0,
      notices: [],
      counts: { lines: 0, rows: 0, imported: 0, updated: 0, skipped: 0, failed: 0, problems: 0 },
      progress: 0,
      created_at: s.at(),
      text,
    };
    shape(made, text.split('\n')[0]?.includes(';') ? ';' : ',', true);
    s.imports.set(made.id, made);
    return { data: made, status: 201, position: s.tick() };
  });
  const find = (id = ''): Import & { text: string } => {
    const found = s.imports.get(id);
    if (!found) throw new Fault(404, 'NOT_FOUND', 'there is no such import');
    return found;
  };
  r.on('GET', 'W/imports', () => ({ data: [...s.imports.values()] }));
  r.on('GET', 'W/imports/:i', ({ params }) => ({ data: find(params['i']) }));
  r.on('POST', 'W/imports/:i/preview', ({ params, body }) => {
    const i = find(params['i']);
    const b = body as { delimiter?: string; header?: boolean; encoding?: string };
    if (b.encoding) i.detected.encoding = b.encoding;
    shape(i, b.delimiter ?? i.detected.delimiter ?? ',', b.header ?? i.detected.header);
    return { data: { ...i }, position: s.tick() };
  });
  r.on('POST', 'W/imports/:i/check', ({ params }) => {
    const report = { rows: find(params['i']).file_rows, lossy: 0, broken: 0, columns: [], samples: [], left_out: [] };
    return new Response(`event: report\ndata: ${JSON.stringify(report)}\n\n`, {
      headers: { 'Content-Type': 'text/event-stream' },
    });
  });
  r.on('POST', 'W/imports/:i/commit', ({ params, body }) => {
    const i = find(params['i']);
    const b = body as {
      new_table?: { name: string };
      table_id?: string;
      mapping: { new_column?: { name: string; type: Column['type'] } }[];
    };
    const columns = b.mapping.flatMap((m) =>
      m.new_column ? [{ ...m.new_column, id: s.id('col'), kind: 'data' as const, created_at: s.at() }] : [],
    );
    const table = b.new_table ? s.addTable(b.new_table.name, columns, []) : null;
    for (const line of table ? read(i.text, i.detected.delimiter ?? ',').slice(1) : []) {
      if (table) s.addRow(table, Object.fromEntries(columns.map((c, n) => [c.id, line[n] ?? null])));
    }
    Object.assign(i, {
      state: 'partially_completed',
      progress: 1,
      table_id: table?.id ?? b.table_id,
      counts: { ...i.counts, imported: i.counts.rows - 1, failed: 1, problems: 1 },
    });
    return { data: i, position: s.tick() };
  });
  r.on('POST', 'W/imports/:i/undo', ({ params }) => {
    find(params['i']).state = 'undone';
    return { data: {}, position: s.tick() };
  });
}
