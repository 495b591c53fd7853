import type { CellValue, Column, Filter, RowOperation, View } from '../../api/types.ts';
import { Fault, type Call, type Reply, type Router } from './http.ts';
import { checkValue, matches, select } from './query.ts';
import { tableBody, USER, type Before, type MockState, type MockTable } from './state.ts';
import { summarise } from './summary.ts';

const ACTOR = { kind: 'user', id: USER.id, name: USER.name };

export function tableRoutes(r: Router, s: MockState): void {
  const find = (c: Call): MockTable => {
    const t = s.tables.get(c.params['t'] ?? '');
    if (!t) throw new Fault(404, 'NOT_FOUND', 'there is no such table');
    return t;
  };
  const schema = (t: MockTable): void => {
    t.version++;
    s.tick();
    s.publish(t.id, { kind: 'schema', schema_version: t.version });
  };
  const summary = (t: MockTable) => ({
    id: t.id,
    name: t.name,
    row_count: t.rows.length,
    column_count: t.columns.length,
    created_at: '2026-10-01T08:00:00Z',
    updated_at: s.at(),
    trashed_at: t.trashed ? s.at() : null,
  });
  r.on('GET', 'W/tables', () => ({ data: [...s.tables.values()].filter((t) => !t.trashed).map(summary) }));
  r.on('GET', 'W/trash', () => ({
    data: { tables: [...s.tables.values()].filter((t) => t.trashed).map(summary), columns: [] },
  }));
  r.on('POST', 'W/tables', ({ body }) => {
    const spec = body as { name: string; columns: Column[] };
    const columns = spec.columns.map((c) => ({ ...c, id: s.id('col'), kind: 'data' as const }));
    return { data: tableBody(s, s.addTable(spec.name, columns, [])), status: 201, position: s.tick() };
  });
  r.on('GET', 'W/tables/:t', (c) => ({ data: tableBody(s, find(c)) }));
  r.on('PUT', 'W/tables/:t', (c) => {
    find(c).name = (c.body as { name: string }).name;
    return { data: {}, position: s.tick() };
  });
  for (const [method, path, trashed] of [
    ['DELETE', 'W/tables/:t', true],
    ['POST', 'W/tables/:t/restore', false],
  ] as const) {
    r.on(method, path, (c) => {
      find(c).trashed = trashed;
      return { data: {}, position: s.tick() };
    });
  }
  r.on('POST', 'W/tables/:t/columns', (c) => {
    const t = find(c);
    const { after, ...spec } = c.body as Column & { after?: string };
    const column: Column = { ...spec, id: s.id('col'), kind: 'data' };
    const at = after ? t.columns.findIndex((x) => x.id === after) + 1 : t.columns.length;
    t.columns = [...t.columns.slice(0, at), column, ...t.columns.slice(at)];
    schema(t);
    return { data: column, status: 201, position: s.position };
  });
  r.on('PUT', 'W/tables/:t/columns/:c', (c) => {
    const t = find(c);
    t.columns = t.columns.map((x) => (x.id === c.params['c'] ? { ...x, ...(c.body as Partial<Column>) } : x));
    schema(t);
    return { data: {}, position: s.position };
  });
  r.on('DELETE', 'W/tables/:t/columns/:c', (c) => {
    const t = find(c);
    t.columns = t.columns.filter((x) => x.id !== c.params['c']);
    schema(t);
    return { data: {}, position: s.position };
  });
  r.on('POST', 'W/tables/:t/columns/:c/change-type', (c) => ({
    data: {
      converted: find(c).rows.length - 2,
      unconvertible: 2,
      samples: [{ row_id: 'row_1', value: 'about twelve' }],
    },
  }));
  r.on('POST', 'W/tables/:t/views', (c) => {
    const view: View = { ...(c.body as View), id: s.id('viw') };
    find(c).views.push(view);
    return { data: view, status: 201, position: s.tick() };
  });
  r.on('PUT', 'W/tables/:t/views/:v', (c) => {
    const t = find(c);
    t.views = t.views.map((v) => (v.id === c.params['v'] ? { ...v, ...(c.body as Partial<View>) } : v));
    return { data: {}, position: s.tick() };
  });
  r.on('DELETE', 'W/tables/:t/views/:v', (c) => {
    const t = find(c);
    t.views = t.views.filter((v) => v.id !== c.params['v']);
    return { data: {}, position: s.tick() };
  });
  rowRoutes(r, s, find);
}

function rowRoutes(r: Router, s: MockState, find: (c: Call) => MockTable): void {
  r.on('GET', 'W/tables/:t/rows', (c) => {
    const rows = select(find(c), c.query);
    const offset = Number(c.query.get('offset') ?? 0);
    return { data: rows.slice(offset, offset + Number(c.query.get('limit') ?? 50)), meta: { position: s.position } };
  });
  r.on('GET', 'W/tables/:t/rows:count', (c) => ({ data: { count: select(find(c), c.query).length } }));
  r.on('GET', 'W/tables/:t/columns/:c/summary', (c) => ({
    data: summarise(select(find(c), c.query), c.params['c'] ?? ''),
  }));
  r.on('GET', 'W/tables/:t/rows/:r', (c) => {
    const row = find(c).byId.get(c.params['r'] ?? '');
    if (!row) throw new Fault(404, 'NOT_FOUND', 'there is no such row');
    return { data: row };
  });
  r.on('PATCH', 'W/tables/:t/cells', (c) => {
    const { edits, create_options } = c.body as {
      edits: { row_id: string; column_id: string; value: CellValue }[];
      create_options?: boolean;
    };
    const t = find(c);
    edits.forEach((e, i) => checkValue(t, e.column_id, e.value, create_options ?? false, `edits[${String(i)}]`));
    write(
      s,
      t,
      edits.map((e) => ({ rowId: e.row_id, columnId: e.column_id, value: e.value })),
      `Edit ${String(edits.length)} cells`,
      'edit',
    );
    return { data: { edited: edits.length }, position: s.position };
  });
  r.on('POST', 'W/tables/:t/rows:batch', (c) => batch(s, find(c), c.body as { operations: RowOperation[] }));
  r.on('POST', 'W/tables/:t/rows:deleteByFilter', (c) => {
    const t = find(c);
    const { filter, dry_run } = c.body as { filter: Filter; dry_run: boolean };
    const matched = t.rows.filter((row) => matches(row, filter));
    if (!dry_run)
      remove(
        s,
        t,
        matched.map((m) => m.id),
      );
    return { data: { matched: matched.length, deleted: dry_run ? 0 : matched.length }, position: s.position };
  });
  r.on('POST', 'W/tables/:t/rows:restore', () => ({ data: {}, position: s.tick() }));
  const history = (t: MockTable, rowId: string, columnId?: string): Reply => ({
    data: [...(t.history.get(rowId) ?? []), ...seedHistory(t, rowId)].filter(
      (h) => !columnId || h.column_id === columnId,
    ),
  });
  r.on('GET', 'W/tables/:t/rows/:r/history', (c) => history(find(c), c.params['r'] ?? ''));
  r.on('GET', 'W/tables/:t/cells/:r/:c/history', (c) => history(find(c), c.params['r'] ?? '', c.params['c']));
  r.on('GET', 'W/tables/:t/undo-stack', (c) => ({ data: { undo: [...find(c).undo].reverse(), redo: find(c).redo } }));
  r.on('POST', 'W/tables/:t/undo', (c) => {
    const t = find(c);
    const step = t.undo.pop();
    if (!step) throw new Fault(409, 'NOTHING_TO_UNDO', 'there is nothing to undo');
    for (const b of step.before) setCell(t, b);
    s.tick();
    publishCells(s, t, step.before);
    return {
      data: { undone_step: step.id, cells: step.before.length, rows: 0, conflicts: [], not_undoable: [] },
      position: s.position,
    };
  });
  r.on('POST', 'W/tables/:t/redo', () => {
    throw new Fault(409, 'NOTHING_TO_REDO', 'there is nothing to redo');
  });
  r.on('GET', 'W/tables/:t/stream', (c) => stream(s, find(c).id, c.request.signal));
  r.on(
    'GET',
    'W/tables/:t/export',
    (c) =>
      new Response(
        find(c)
          .rows.map((row) =>
            Object.values(row.cells)
              .map((v) => JSON.stringify(v))
              .join(','),
          )
          .join('\n'),
        { headers: { 'Content-Type': 'text/csv' } },
      ),
  );
}

function seedHistory(t: MockTable, rowId: string) {
  const row = t.byId.get(rowId);
  return t.columns
    .filter((c) => row?.cells[c.id] != null)
    .map((c) => ({
      position: 10,
      at: '2026-11-20T10:12:00Z',
      column_id: c.id,
      value: row?.cells[c.id] ?? null,
      previous: null,
      ...(c.kind === 'enrichment'
        ? {
            actor: { kind: 'run', id: 'run_1' },
            source: 'run',
            provider: 'hunter',
            credits_mc: 1000,
            latency_ms: 412,
            confidence: 0.62,
            verified: false,
            verified_by: [],
            source_url: 'https://example.com/team',
          }
        : { actor: ACTOR, source: 'import' }),
    }));
}
function setCell(t: MockTable, b: Before): void {
  const row = t.byId.get(b.rowId);
  if (row) row.cells = { ...row.cells, [b.columnId]: b.value };
}
function publishCells(s: MockState, t: MockTable, changes: Before[]): void {
  for (const columnId of new Set(changes.map((c) => c.columnId))) {
    const own = changes.filter((c) => c.columnId === columnId);
    s.publish(t.id, {
      kind: 'cells',
      rows: own.map((c) => c.rowId),
      cols: { [columnId]: own.map((c) => t.byId.get(c.rowId)?.cells[columnId] ?? null) },
    });
  }
}
/** Writes cells as one step that can be undone. */
export function write(s: MockState, t: MockTable, changes: Before[], label: string, source: string): void {
  const position = s.tick();
  const before = changes.map((c) => ({ ...c, value: t.byId.get(c.rowId)?.cells[c.columnId] ?? null }));
  changes.forEach((c, i) => {
    setCell(t, c);
    const entry = {
      position,
      at: s.at(),
      column_id: c.columnId,
      value: c.value,
      previous: before[i]?.value ?? null,
      actor: ACTOR,
      source,
    };
    t.history.set(c.rowId, [entry, ...(t.history.get(c.rowId) ?? [])]);
  });
  t.undo.push({
    id: s.id('stp'),
    position,
    label,
    at: s.at(),
    actor: `user:${USER.id}`,
    cells: changes.length,
    rows: 0,
    kind: source,
    before,
    removed: [],
  });
  publishCells(s, t, changes);
}
function remove(s: MockState, t: MockTable, ids: string[]): void {
  const gone = new Set(ids);
  t.rows = t.rows.filter((row) => !gone.has(row.id));
  s.tick();
  s.publish(t.id, { kind: 'rows_deleted', rows: ids });
}
function batch(s: MockState, t: MockTable, body: { operations: RowOperation[] }): Reply {
  const inserted: string[] = [];
  const deleted: string[] = [];
  s.tick();
  const results = body.operations.map((op, index) => {
    if (op.op === 'insert') inserted.push(s.addRow(t, { ...op.cells }).id);
    if (op.op === 'delete') deleted.push(op.row_id ?? '');
    return { index, op: op.op, row_id: inserted.at(-1) ?? deleted.at(-1) ?? '', status: 'ok' };
  });
  if (inserted.length) s.publish(t.id, { kind: 'rows_added', rows: inserted, cols: {} });
  if (deleted.length) remove(s, t, deleted);
  return {
    data: { results, inserted: inserted.length, updated: 0, deleted: deleted.length, failed: 0 },
    position: s.position,
  };
}

const PING_MS = 10_000;

function stream(s: MockState, table: string, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: string): void => controller.enqueue(encoder.encode(event));
      const listeners = s.listeners.get(table) ?? new Set();
      s.listeners.set(table, listeners.add(send));
      const ping = setInterval(() => send('event: ping\ndata: {}\n\n'), PING_MS);
      send('event: ping\ndata: {}\n\n');
      signal.addEventListener('abort', () => {
        clearInterval(ping);
        listeners.delete(send);
        try {
          controller.close();
        } catch {
          // the reader has gone first
        }
      });
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}
