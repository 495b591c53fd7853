import { Fault, type Router } from './http.ts';

/** Webhooks of the in-memory server: one that takes, one that was turned off. */
export function webhookRoutes(r: Router): void {
  const base = { tables: [], ordered: false, secret_version: 1, created_at: '2026-09-01T09:00:00Z', replaying: false };
  const hooks: Record<string, unknown>[] = [
    {
      ...base,
      id: 'whk_1',
      url: 'https://hooks.example.com/morket',
      description: 'Data warehouse',
      types: ['table.*'],
      enabled: true,
      waiting: 2,
      last_success_at: '2026-11-22T09:00:00Z',
    },
    {
      ...base,
      id: 'whk_2',
      url: 'https://old.example.com/in',
      description: '',
      types: [],
      enabled: false,
      off_reason: 'failures',
      off_at: '2026-11-20T09:00:00Z',
      off_position: 12,
      waiting: 40,
    },
  ];
  const deliveries = [
    {
      position: 22,
      type: 'table.cells_edited.v1',
      state: 'waiting',
      attempts: 1,
      error: 'the receiver answered 503',
      status: 503,
    },
    { position: 21, type: 'table.created.v1', state: 'delivered', attempts: 1, status: 200 },
  ].map((d) => ({ ...d, created_at: '2026-11-22T09:00:00Z' }));
  r.on('GET', 'W/webhooks', () => ({ data: hooks }));
  r.on('GET', 'W/webhooks/:id', ({ params }) => {
    const hook = hooks.find((h) => h.id === params.id);
    if (!hook) throw new Fault(404, 'NOT_FOUND', 'no webhook here');
    return { data: hook };
  });
  r.on('POST', 'W/webhooks', ({ body }) => {
    const made = {
      ...base,
      ...(body as { url: string }),
      id: 'whk_3',
      description: '',
      types: [],
      enabled: true,
      waiting: 0,
    };
    hooks.push(made);
    return { data: { id: made.id, secret_version: 1, secret: 'whsec_c2VjcmV0IGZvciB0ZXN0cw==' }, status: 201 };
  });
  r.on('POST', 'W/webhooks/:id/test', () => ({ data: {}, position: 23 }));
  r.on('GET', 'W/webhooks/:id/deliveries', ({ query }) => ({
    data: deliveries.filter((d) => !query.get('state') || d.state === query.get('state')),
  }));
  r.on('GET', 'W/webhooks/:id/deliveries/:position', ({ params }) => ({
    data: {
      ...deliveries.find((d) => String(d.position) === params.position),
      message_id: 'cells-tbl_1/7',
      request_body: '{"specversion":"1.0","type":"table.cells_edited.v1"}',
      tries: [
        {
          at: '2026-11-22T09:00:01Z',
          took_ms: 12.5,
          status: 503,
          error: 'the receiver answered 503',
          request_headers: { 'webhook-id': 'cells-tbl_1/7' },
          response_headers: {},
          response_body: 'busy',
        },
      ],
    },
  }));
  r.on('GET', '/event-types', () => ({ data: ['run.finished.v1', 'table.cells_edited.v1', 'table.created.v1'] }));
}
