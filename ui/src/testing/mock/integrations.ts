import type {
  CrmConnection,
  CrmVendor,
  Sync,
  SyncConflict,
  SyncDefinition,
  SyncRecord,
  SyncRun,
} from '../../api/types.ts';
import { Fault, type Router } from './http.ts';
import type { MockState } from './state.ts';

const email = { field: 'email', name: 'Email address' };
const vendors: CrmVendor[] = [
  {
    slug: 'hubspot',
    name: 'HubSpot',
    configured: true,
    terms: 'Records are matched by the email address.',
    redirect_url: 'https://morket.example/api/v1/integrations/callback/hubspot',
    batch: 100,
    limits: [{ calls: 110, seconds: 10 }],
    objects: [{ slug: 'contacts', name: 'Contacts', keys: [email] }],
  },
  {
    slug: 'salesforce',
    name: 'Salesforce',
    configured: false,
    setup: 'set MORKET_SALESFORCE_CLIENT_ID',
    redirect_url: 'https://morket.example/api/v1/integrations/callback/salesforce',
    batch: 200,
    limits: [],
    objects: [{ slug: 'Contact', name: 'Contacts', keys: [email] }],
  },
];
const fields = [
  { name: 'email', label: 'Email', type: 'text' as const },
  { name: 'company', label: 'Company name', type: 'text' as const },
  { name: 'createdate', label: 'Created', type: 'datetime' as const, read_only: true },
];
const at = '2026-11-30T09:00:00Z';
const connections: CrmConnection[] = [
  {
    id: 'con_1',
    vendor: 'hubspot',
    state: 'connected',
    account: { id: '51', name: 'Acme Ltd' },
    connected_by: 'usr_1',
    connected_at: at,
  },
];
const planned: SyncRecord[] = [
  {
    row_id: 'row_1',
    label: 'ada@acme.example',
    record_id: '51',
    action: 'update',
    state: 'planned',
    changes: [{ field: 'company', before: 'Acme', after: 'Acme Ltd' }],
  },
  {
    row_id: 'row_2',
    action: 'none',
    state: 'skipped',
    reason: 'the row has no value to find its record by',
    changes: [],
  },
];
const conflict: SyncConflict = {
  record_id: '51',
  row_id: 'row_1',
  run_id: 'syr_1',
  label: 'ada@acme.example',
  fields: ['company'],
  disputes: [{ field: 'company', ours: 'Acme', theirs: 'Acme Ltd' }],
  at,
};
const nothing = {
  created: 0,
  updated: 1,
  archived: 0,
  unchanged: 0,
  skipped: 1,
  failed: 0,
  conflicts: 0,
  unknown: 0,
  fields: 1,
};

/** A CRM of the in-memory server, whose runs end at once. */
export function integrationRoutes(r: Router, state: MockState): void {
  const syncs: Sync[] = [];
  const runs: SyncRun[] = [];
  const begin = (sync: Sync, kind: SyncRun['kind'], dry: boolean, reverses?: string) => {
    const id = `syr_${String(runs.length + 1)}`;
    runs.unshift({
      id,
      sync_id: sync.id,
      table_id: sync.table_id,
      name: sync.name,
      vendor: 'hubspot',
      object: sync.object,
      kind,
      dry,
      ...(reverses ? { reverses } : {}),
      state: 'completed',
      total: 2,
      counts: nothing,
      started_at: at,
      ended_at: at,
    });
    return { data: { id, total: 2 }, status: 201 };
  };
  const runOf = (id: string | undefined): SyncRun => {
    const run = runs.find((one) => one.id === id);
    if (!run) throw new Fault(404, 'NOT_FOUND', 'no run here');
    return run;
  };
  const syncOf = (id: string | undefined): Sync => {
    const sync = syncs.find((one) => one.id === id);
    if (!sync) throw new Fault(404, 'NOT_FOUND', 'no sync here');
    return sync;
  };
  r.on('GET', '/integrations', () => ({ data: vendors }));
  r.on('GET', 'W/integrations', () => ({ data: connections }));
  r.on('GET', 'W/integrations/:c/fields', () => ({ data: fields }));
  r.on('POST', 'W/sync-suggestion', ({ body }) => {
    const target = body as { connection_id: string; object: string; table_id: string };
    const column = state.tables.get(target.table_id)?.columns[0]?.id ?? '';
    const one = { field: 'company', column_id: column };
    return {
      data: {
        ...target,
        name: 'Rows to HubSpot contacts',
        keys: [{ field: 'email', column_id: column }],
        mappings: [one],
        create: true,
        max_records: 10_000,
      } satisfies SyncDefinition,
    };
  });
  r.on('POST', 'W/sync-preview', () => ({ data: planned }));
  r.on('GET', 'W/syncs', () => ({ data: syncs }));
  r.on('POST', 'W/syncs', ({ body }) => {
    const definition = body as SyncDefinition;
    const made = {
      ...definition,
      ...(definition.pull_every_minutes ? { next_pull_at: at } : {}),
      id: `syn_${String(syncs.length + 1)}`,
      open_conflicts: 1,
      updated_at: at,
    };
    syncs.unshift(made);
    return { data: made, status: 201 };
  });
  r.on('POST', 'W/syncs/:s/run', ({ params, body }) =>
    begin(
      syncOf(params['s']),
      (body as { direction?: 'push' | 'pull' }).direction ?? 'push',
      (body as { dry: boolean }).dry,
    ),
  );
  r.on('GET', 'W/syncs/:s/conflicts', ({ params }) => ({
    data: syncOf(params['s']).open_conflicts > 0 ? [conflict] : [],
  }));
  r.on('POST', 'W/syncs/:s/conflicts/resolve', ({ params }) => {
    syncOf(params['s']).open_conflicts = 0;
    return begin(syncOf(params['s']), 'pull', false);
  });
  r.on('GET', 'W/sync-runs', () => ({ data: runs }));
  r.on('GET', 'W/sync-runs/:r', ({ params }) => ({ data: runOf(params['r']) }));
  r.on('GET', 'W/sync-runs/:r/records', ({ params, query }) => {
    const run = runOf(params['r']);
    const all = planned.map((one) => (run.dry || one.state !== 'planned' ? one : { ...one, state: 'synced' as const }));
    return { data: all.filter((one) => !query.get('state') || one.state === query.get('state')) };
  });
  r.on('POST', 'W/sync-runs/:r/reverse', ({ params, body }) => {
    const run = runOf(params['r']);
    return begin(syncOf(run.sync_id), 'reverse', (body as { dry: boolean }).dry, run.id);
  });
}
