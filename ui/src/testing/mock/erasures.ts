import { Fault, type Router } from './http.ts';

interface Made {
  id: string;
  state: string;
  requested_at: string;
  rows: unknown[];
  found: { place: string; count: number }[];
  erased: { place: string; count: number }[];
  certificate?: unknown;
  ended_at?: string;
}

const found = [
  { place: 'table rows', count: 1 },
  { place: 'event log', count: 14 },
  { place: 'read model grid', count: 2 },
  { place: 'read model search', count: 1 },
  { place: 'files', count: 2 },
];
const notes = ['What integrators, receivers of webhooks and connected CRMs were sent before is theirs to erase.'];
const backups = [
  { name: 'morket-20261122.backup', taken_at: '2026-11-22T03:00:00Z', expires_at: '2026-12-20T03:00:00Z' },
];

/** Erasures of the in-memory server: one that waits and one that is done; a further one goes on by a step each time it is looked at. */
export function erasureRoutes(r: Router): void {
  const made = (id: string, state: string): Made => ({
    id,
    state,
    requested_at: '2026-11-20T09:00:00Z',
    rows: [{ table_id: 'tbl_000001', row_ids: ['row_1'] }],
    found,
    erased: state === 'done' ? found : [],
    ...(state === 'done'
      ? { certificate: { statement: { backups, notes }, signature: 'a.b.c', public_key: 'k' } }
      : {}),
  });
  const all = [made('ers_2', 'waiting'), made('ers_1', 'done')];
  const on = (e: Made): void => {
    if (e.state === 'looking') Object.assign(e, made(e.id, 'waiting'));
    else if (e.state === 'erasing' && e.erased.length < 1) e.erased = found.slice(0, e.erased.length + 1);
    else if (e.state === 'erasing') Object.assign(e, made(e.id, 'done'));
  };
  const of = (id: string | undefined): Made => {
    const e = all.find((x) => x.id === id);
    if (!e) throw new Fault(404, 'NOT_FOUND', 'no erasure here');
    return e;
  };
  r.on('GET', 'W/erasures', () => {
    const data = structuredClone(all);
    all.forEach(on);
    return { data };
  });
  r.on('POST', 'W/erasures', ({ body }) => {
    if (JSON.stringify(body).includes('nobody')) {
      throw new Fault(422, 'INVALID', 'this is not an email address', [
        { field: 'emails[0]', message: 'this is not an email address' },
      ]);
    }
    const e = { ...made(`ers_${String(all.length + 1)}`, 'looking'), rows: [], found: [] };
    all.unshift(e);
    return { data: structuredClone(e), status: 201 };
  });
  r.on('GET', 'W/erasures/:id/export', ({ params }) => Response.json({ version: 1, erasure_id: of(params.id).id }));
  r.on('POST', 'W/erasures/:id/confirm', ({ params }) => {
    const e = of(params.id);
    e.state = 'erasing';
    return { data: e };
  });
  r.on('POST', 'W/erasures/:id/cancel', ({ params }) => {
    const e = of(params.id);
    e.state = 'cancelled';
    return { data: e };
  });
}
