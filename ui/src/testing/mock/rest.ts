import type { Column, Credential, Job, Provider, Role } from '../../api/types.ts';
import { Fault, type Router } from './http.ts';
import { passkeyRoutes } from './passkeys.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { USER, WS, type MockState } from './state.ts';

const rules: [string, Role[]][] = [
  ['workspace.read', ['owner', 'admin', 'member', 'viewer', 'billing_admin']],
  ['workspace.update', ['owner', 'admin']],
  ['workspace.delete', ['owner']],
  ['members.read', ['owner', 'admin', 'member', 'viewer']],
  ['members.manage', ['owner', 'admin']],
  ['audit.read', ['owner', 'admin']],
  ['api_keys.manage', ['owner', 'admin']],
  ['tables.read', ['owner', 'admin', 'member', 'viewer']],
  ['rows.edit', ['owner', 'admin', 'member']],
  ['tables.manage', ['owner', 'admin', 'member']],
  ['data.import', ['owner', 'admin', 'member']],
  ['data.export', ['owner', 'admin', 'member', 'viewer']],
  ['enrichments.run', ['owner', 'admin', 'member']],
  ['workflows.manage', ['owner', 'admin', 'member']],
  ['credits.read', ['owner', 'admin', 'member', 'billing_admin']],
  ['credits.caps', ['owner', 'admin', 'billing_admin']],
  ['billing.manage', ['owner', 'billing_admin']],
  ['credentials.read', ['owner', 'admin', 'member']],
  ['credentials.manage', ['owner', 'admin']],
  ['webhooks.manage', ['owner', 'admin']],
  ['integrations.read', ['owner', 'admin', 'member', 'viewer']],
  ['integrations.run', ['owner', 'admin', 'member']],
  ['integrations.manage', ['owner', 'admin']],
  ['people.erase', ['owner', 'admin']],
];

export function authRoutes(r: Router, s: MockState): void {
  const entered = { user: USER, access_token: 'token', expires_at: '2030-01-01T00:00:00Z' };
  const secondStep = secondFactorRoutes(r, s);
  passkeyRoutes(r, s, entered);
  r.on('POST', '/auth/login', ({ body }) => {
    const { password, code, passkey } = body as { password: string; code?: string; passkey?: object };
    if (password !== 'morket-demo') throw new Fault(401, 'INVALID_CREDENTIALS', 'The email or the password is wrong.');
    if (!passkey) secondStep(code);
    s.signedIn = true;
    return { data: entered };
  });
  r.on('GET', '/auth/options', () => ({
    data: {
      demo: { email: USER.email, password: 'morket-demo' },
      passkeys: { domain: 'localhost', origin: s.passkeyOrigin },
    },
  }));
  r.on('POST', '/auth/register', () => {
    s.signedIn = true;
    return { data: entered, status: 201 };
  });
  r.on('POST', '/auth/refresh', () => {
    if (!s.signedIn) throw new Fault(401, 'UNAUTHORIZED', 'sign in first');
    return { data: entered };
  });
  r.on('POST', '/auth/logout', () => {
    s.signedIn = false;
    return { data: {} };
  });
  r.on('POST', '/auth/password-reset', () => ({ data: {} }));
  r.on('POST', '/auth/change-password', () => ({ data: {} }));
  const workspaces = [
    {
      id: WS,
      name: 'Demo workspace',
      slug: 'demo',
      time_zone: 'Asia/Tokyo',
      get role() {
        return s.role;
      },
    },
  ];
  r.on('PUT', 'W', ({ body }) => ({ data: Object.assign(workspaces[0] ?? {}, body) }));
  r.on('GET', '/auth/me', () => ({ data: { user: USER, workspaces } }));
  r.on('GET', '/auth/sessions', () => ({
    data: [
      {
        id: 'ses_1',
        created_at: '2026-11-20T08:00:00Z',
        last_used_at: s.at(),
        client: 'Chromium on Linux',
        current: true,
      },
      {
        id: 'ses_2',
        created_at: '2026-11-10T08:00:00Z',
        last_used_at: '2026-11-18T08:00:00Z',
        client: 'Safari on iPhone',
        current: false,
      },
    ],
  }));
  r.on('GET', '/permissions', () => ({ data: rules.map(([action, roles]) => ({ action, meaning: action, roles })) }));
  r.on('PUT', 'W', ({ body }) => {
    Object.assign(workspaces[0] ?? {}, body);
    return { data: workspaces[0] };
  });
  r.on('GET', 'W/members', () => ({
    data: [
      { user_id: USER.id, name: USER.name, email: USER.email, role: s.role, joined_at: '2026-01-05T09:00:00Z' },
      {
        user_id: 'usr_2',
        name: 'Ravi Patel',
        email: 'ravi@morket.local',
        role: 'member',
        joined_at: '2026-06-01T09:00:00Z',
      },
    ],
  }));
  r.on('GET', 'W/invitations', () => ({
    data: [
      { id: 'inv_1', email: 'lena@example.com', role: 'viewer', expires_at: '2026-11-29T09:00:00Z', state: 'open' },
    ],
  }));
  r.on('POST', 'W/invitations', ({ body }) => ({ data: body, status: 201 }));
  r.on('GET', 'W/api-keys', () => ({
    data: [
      {
        id: 'key_1',
        name: 'Zapier',
        role: 'member',
        last4: '9f3c',
        created_at: '2026-09-01T09:00:00Z',
        last_used_at: '2026-11-22T09:00:00Z',
      },
    ],
  }));
  r.on('POST', 'W/api-keys', ({ body }) => ({
    data: {
      ...(body as object),
      id: 'key_2',
      last4: 'ab12',
      created_at: s.at(),
      key: 'mk_3f9a1c5e7b2d4f6081a3c5e7f9b1d3f5ab12',
    },
    status: 201,
  }));
}

function provider(
  slug: string,
  name: string,
  category: string,
  price: number,
  auth: Provider['auth'],
  description: string,
  inputs: string[],
  outputs: string[],
): Provider {
  const label = (n: string): string => n.charAt(0).toUpperCase() + n.slice(1).replaceAll('_', ' ');
  return {
    slug,
    name,
    category,
    description,
    price_mc: price,
    auth,
    idempotent: true,
    inputs: inputs.map((n, i) => ({ name: n, label: label(n), required: i === 0, type: 'text' })),
    outputs: outputs.map((n) => ({ name: n, label: label(n), type: n === 'email' ? 'email' : 'text' })),
    health: { state: 'ok', success_rate: 0.97, p50_ms: 120 },
    limits: {},
    terms: '',
  };
}
const providers: Provider[] = [
  provider(
    'email_finder',
    'Email finder',
    'email',
    0,
    'none',
    'Tries the usual patterns of first and last name at a domain and checks the mail server.',
    ['domain', 'name'],
    ['email', 'confidence'],
  ),
  provider(
    'email_check',
    'Email check',
    'email',
    0,
    'none',
    'Checks syntax, mail server, disposable and role addresses, and suggests a fix for typos.',
    ['email'],
    ['status', 'suggestion'],
  ),
  provider(
    'hunter',
    'Hunter',
    'email',
    1000,
    'key',
    'Finds the most likely work email of a person at a company.',
    ['domain', 'name'],
    ['email', 'score'],
  ),
  provider(
    'website_profile',
    'Website profile',
    'company',
    0,
    'none',
    'Reads title, description, social links, emails and phones from a website.',
    ['domain'],
    ['description', 'title'],
  ),
  provider(
    'apollo',
    'Apollo',
    'company',
    2000,
    'key',
    'People and company data.',
    ['domain'],
    ['industry', 'employees'],
  ),
  provider(
    'http_api',
    'HTTP API',
    'custom',
    0,
    'key',
    'Calls any HTTP API and takes values out of its JSON.',
    ['url'],
    ['value'],
  ),
];
const credentials: Credential[] = [
  {
    id: 'crd_000001',
    provider: 'hunter',
    name: 'Hunter, team plan',
    masked: '••••7c21',
    version: 2,
    hosts: ['api.hunter.io'],
    created_at: '2026-08-01T09:00:00Z',
    updated_at: '2026-08-01T09:00:00Z',
    last_used_at: '2026-11-22T09:00:00Z',
  },
];

export function enrichmentRoutes(r: Router, s: MockState): void {
  r.on('GET', '/providers', () => ({ data: providers }));
  r.on('GET', '/providers/:p/presets', () => ({ data: [] }));
  r.on('GET', 'W/credentials', () => ({ data: credentials }));
  r.on('POST', 'W/credentials/:c/test', () => ({ data: { ok: true, message: 'ok' } }));
  r.on('POST', 'W/tables/:t/enrichment-preview', () => ({
    data: {
      value: 'hello@northwind.com',
      outputs: {},
      cost_mc: 0,
      state: 'value',
      attempts: [{ step: 0, provider: 'email_finder', status: 'succeeded', latency_ms: 134, credits_mc: 0 }],
      exchanges: [],
    },
  }));
  r.on('POST', 'W/tables/:t/enrichment:check', () => ({ data: { faults: [] } }));
  r.on('GET', 'W/enrichment-jobs/:j/figures', () => ({ data: { providers: [], failures: [] } }));
  r.on('POST', 'W/tables/:t/enrichment-columns', ({ params, body }) => {
    const t = s.tables.get(params['t'] ?? '');
    const spec = body as { name: string; type: Column['type']; config: Column['enrichment'] };
    const column: Column = {
      id: s.id('col'),
      name: spec.name,
      type: spec.type,
      kind: 'enrichment',
      created_at: s.at(),
      ...(spec.config ? { enrichment: spec.config } : {}),
    };
    if (t) t.columns = [...t.columns, column];
    return { data: column, status: 201, position: s.tick() };
  });
  r.on('PUT', 'W/tables/:t/columns/:c/enrichment', () => ({ data: {}, position: s.tick() }));
  const estimate = {
    records: 400,
    min_mc: 0,
    likely_mc: 112_000,
    max_mc: 400_000,
    per_provider: [
      { provider: 'email_finder', calls: 400, likely_mc: 0 },
      { provider: 'hunter', calls: 160, likely_mc: 112_000 },
    ],
  };
  r.on('POST', 'W/enrichment-jobs', ({ query, body }) => {
    if (query.get('dry_run') === 'true') return { data: { estimate } };
    const { table_id, columns } = body as { table_id: string; columns: string[] };
    const job: Job = {
      id: s.id('run'),
      table_id,
      columns,
      state: 'running',
      counts: { total: 400, done: 0, succeeded: 0, not_found: 0, failed: 0, skipped: 0, cached: 0 },
      spent_mc: 0,
      reserved_mc: 400_000,
      estimate,
      created_at: s.at(),
    };
    s.jobs.unshift(job);
    return { data: job, status: 201, position: s.tick() };
  });
  r.on('GET', 'W/exports', () => ({ data: [] }));
  r.on('GET', 'W/enrichment-jobs', () => ({ data: s.jobs }));
  const job = (id = ''): Job => {
    const found = s.jobs.find((j) => j.id === id);
    if (!found) throw new Fault(404, 'NOT_FOUND', 'there is no such run');
    return found;
  };
  r.on('GET', 'W/enrichment-jobs/:j', ({ params }) => ({ data: job(params['j']) }));
  r.on('GET', 'W/enrichment-jobs/:j/records', ({ params, query }) => ({
    data: (s.records.get(job(params['j']).id) ?? []).filter(
      (x) => !query.get('state') || x.state === query.get('state'),
    ),
  }));
  for (const [action, state] of [
    ['pause', 'paused'],
    ['resume', 'running'],
    ['cancel', 'cancelled'],
    ['retry', 'running'],
  ] as const) {
    r.on('POST', `W/enrichment-jobs/:j/${action}`, ({ params }) => {
      job(params['j']).state = state;
      return { data: {}, position: s.tick() };
    });
  }
}

export function creditRoutes(r: Router, s: MockState): void {
  r.on('GET', 'W/credits', () => ({
    data: {
      balance_mc: s.balance,
      reserved_mc: 1_188_000,
      available_mc: s.balance - 1_188_000,
      burn_rate_mc_per_day: 89_750,
      days_left: 40,
      caps: [{ scope: 'workspace', period: 'month', limit_mc: 2_000_000, used_mc: 640_000 }],
      low: false,
    },
  }));
  r.on('GET', 'W/credits/transactions', ({ query }) => ({
    data: s.transactions.filter((t) => !query.get('kind') || t.kind === query.get('kind')),
  }));
  r.on('GET', 'W/credits/proof', () => ({
    data: {
      ok: true,
      entries: 4,
      head_hash: s.transactions[0]?.hash ?? '',
      head_seq: 4,
      checked_at: s.at(),
      brought_in_mc: 5_000_000,
      spent_mc: 179_500,
      reserved_mc: 0,
      available_mc: s.balance,
    },
  }));
  r.on('PUT', 'W/credits/caps', () => ({ data: {}, position: s.tick() }));
  r.on('POST', 'W/credits/grants', ({ body }) => {
    s.balance += (body as { amount_mc: number }).amount_mc;
    return { data: {}, position: s.tick() };
  });
}
