import type { CellState, CellValue, Column } from '../../api/types.ts';
import { MockState, type MockTable } from './state.ts';

const sectors = [
  'Information Technology',
  'Health Care',
  'Financials',
  'Industrials',
  'Energy',
  'Utilities',
  'Real Estate',
  'Materials',
  'Consumer Staples',
];
const first = [
  'Northwind',
  'Contoso',
  'Fabrikam',
  'Globex',
  'Initech',
  'Umbra',
  'Vandelay',
  'Acme',
  'Soylent',
  'Hooli',
  'Pied Piper',
  'Stark',
  'Wayne',
  'Tyrell',
  'Cyberdyne',
  'Wonka',
  'Gringotts',
  'Monarch',
  'Oscorp',
  'Massive Dynamic',
];
const second = [
  'Analytics',
  'Logistics',
  'Health',
  'Energy',
  'Foods',
  'Systems',
  'Capital',
  'Labs',
  'Robotics',
  'Media',
  'Materials',
  'Networks',
];
const stages = ['New', 'Qualified', 'Contacted', 'Won', 'Lost'];
const tags = ['EMEA', 'Enterprise', 'PLG', 'Inbound', 'Partner', 'Series B', 'Hiring'];
const cities = ['Austin, Texas', 'Zürich', 'São Paulo', 'Kraków', 'Lyon', 'Osaka', 'Toronto', 'Bengaluru'];

function column(id: string, name: string, type: Column['type'], more: Partial<Column> = {}): Column {
  return { id: `col_${id}`, name, type, kind: 'data', created_at: '2026-11-20T09:00:00Z', ...more };
}
const options = (names: string[]): { id: string; name: string }[] => names.map((name) => ({ id: `opt_${name}`, name }));

export function companyColumns(): Column[] {
  return [
    column('company', 'Company', 'text'),
    column('website', 'Website', 'url'),
    column('sector', 'Sector', 'select', { options: options(sectors) }),
    column('employees', 'Employees', 'number'),
    column('revenue', 'Revenue', 'currency', { format: { currency: 'USD', decimals: 0 } }),
    column('growth', 'Growth', 'percent', { format: { decimals: 1 } }),
    column('public', 'Public', 'boolean'),
    column('founded', 'Founded', 'date'),
    column('email', 'Work email', 'email', {
      kind: 'enrichment',
      enrichment: {
        steps: [
          {
            provider: 'email_finder',
            inputs: { domain: { column: 'col_website' }, name: { column: 'col_company' } },
            output: 'email',
          },
          {
            provider: 'hunter',
            inputs: { domain: { column: 'col_website' } },
            output: 'email',
            credential_id: 'crd_000001',
            validator: { type: 'email', not_empty: true },
          },
        ],
        cache_days: 30,
      },
    }),
    column('stage', 'Stage', 'select', { options: options(stages) }),
    column('tags', 'Tags', 'multi_select', { options: options(tags) }),
    column('city', 'Headquarters', 'text'),
    column('notes', 'Notes', 'long_text'),
    column('changed', 'Last modified', 'updated_at'),
  ];
}

function company(i: number): Record<string, CellValue> {
  const name = `${first[i % first.length] ?? ''} ${second[(i * 7) % second.length] ?? ''}${i >= 240 ? ` ${String(Math.floor(i / 240) + 1)}` : ''}`;
  const domain = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '')}.com`;
  const day = String(1 + (i % 28)).padStart(2, '0');
  return {
    col_company: name,
    col_website: `https://www.${domain}`,
    col_sector: sectors[(i * 5) % sectors.length] ?? null,
    col_employees: 40 + ((i * 7919) % 24000),
    col_revenue: i === 7 ? '12345678901234567.89' : 1_000_000 + ((i * 104729) % 990_000_000),
    col_growth: ((i * 37) % 600) / 10 - 12,
    col_public: i % 3 === 0,
    col_founded: `${String(1950 + ((i * 13) % 74))}-${String(1 + (i % 12)).padStart(2, '0')}-${day}`,
    col_email: i % 5 === 3 ? null : `hello@${domain}`,
    col_stage: stages[(i * 3) % stages.length] ?? null,
    col_tags: i % 4 === 1 ? [] : [tags[i % tags.length] ?? '', tags[(i * 3 + 2) % tags.length] ?? ''],
    col_city: cities[i % cities.length] ?? '',
    col_notes:
      i % 6 === 0
        ? `Met ${name} at the Berlin meetup. They want a pilot in Q1 and asked about security review.\nFollow up with the RevOps lead.`
        : null,
  };
}

function states(i: number): Record<string, CellState> {
  if (i % 5 === 1) return { col_email: { state: 'unverified', confidence: 0.62 } };
  if (i % 5 !== 3) return i === 16 ? { col_email: { state: 'stale' } } : {};
  const kinds: CellState[] = [
    { state: 'running' },
    { state: 'queued' },
    { state: 'error', message: 'No MX record for the domain' },
    { state: 'skipped' },
    { state: 'rate_limited', message: 'http_api: the API answers 429', until: '2026-05-01T12:05:00Z' },
  ];
  return { col_email: kinds[Math.floor(i / 5) % kinds.length] ?? { state: 'queued' } };
}

/** The demo data: companies, contacts, a run, a ledger. */
export function seed(rows = 2000): MockState {
  const s = new MockState();
  const companies = s.addTable('S&P 500 companies', companyColumns(), []);
  for (let i = 0; i < rows; i++) s.addRow(companies, company(i), i < 60 ? states(i) : {});
  companies.views.push(
    {
      id: 'viw_all',
      name: 'All companies',
      shared: true,
      default: true,
      sort: [],
      columns: [{ id: 'col_company', pinned: true, width: 220 }],
    },
    {
      id: 'viw_big',
      name: 'Over 10,000 people',
      shared: false,
      default: false,
      owner: 'usr_demo',
      filter: { and: [{ column: 'col_employees', op: 'gt', value: 10000 }] },
      sort: [{ column: 'col_employees', dir: 'desc' }],
      columns: [],
    },
  );
  s.addTable(
    'Contacts',
    [
      column('name', 'Full name', 'text'),
      column('title', 'Title', 'text'),
      column('mail', 'Email', 'email'),
      column('phone', 'Phone', 'phone'),
    ],
    ['Ada Byron', 'Grace Murray', 'Alan Mathison'].map((n, i) => ({
      col_name: n,
      col_title: ['Head of RevOps', 'CTO', 'VP Sales'][i] ?? '',
      col_mail: `${n.split(' ')[0]?.toLowerCase() ?? ''}@example.com`,
      col_phone: '+41445550100',
    })),
  );
  s.addTable('Empty list', [column('x', 'Name', 'text')], []);
  seedJobs(s, companies);
  seedLedger(s);
  return s;
}

function seedJobs(s: MockState, table: MockTable): void {
  const base = {
    table_id: table.id,
    columns: ['col_email'],
    spent_mc: 0,
    reserved_mc: 0,
    created_at: '2026-11-22T15:04:00Z',
    started_at: '2026-11-22T15:04:01Z',
  };
  s.jobs.push(
    {
      ...base,
      id: 'run_000002',
      state: 'running',
      counts: { total: 2000, done: 812, succeeded: 640, not_found: 120, failed: 12, skipped: 20, cached: 20 },
      spent_mc: 640_000,
      reserved_mc: 1_188_000,
      estimate: {
        records: 2000,
        min_mc: 0,
        likely_mc: 1_600_000,
        max_mc: 2_000_000,
        per_provider: [
          { provider: 'email_finder', calls: 2000, likely_mc: 0 },
          { provider: 'hunter', calls: 800, likely_mc: 1_600_000 },
        ],
      },
    },
    {
      ...base,
      id: 'run_000001',
      state: 'partially_completed',
      counts: { total: 500, done: 500, succeeded: 431, not_found: 40, failed: 9, skipped: 20, cached: 0 },
      spent_mc: 431_000,
      estimate: { records: 500, min_mc: 0, likely_mc: 430_000, max_mc: 500_000, per_provider: [] },
      finished_at: '2026-11-21T15:20:00Z',
      created_at: '2026-11-21T15:04:00Z',
    },
  );
  const records = table.rows.slice(0, 30).map((row, i) => ({
    row_id: row.id,
    column_id: 'col_email',
    state: (['value', 'value', 'empty', 'value', 'error'] as const)[i % 5] ?? 'value',
    credits_mc: i % 2 ? 1000 : 0,
    latency_ms: 80 + i * 7,
    input: { domain: row.cells['col_website'] ?? null },
    attempts: [
      {
        step: 0,
        provider: 'email_finder',
        status: i % 5 === 4 ? 'failed' : i % 2 ? 'not_found' : 'succeeded',
        latency_ms: 80 + i * 7,
        credits_mc: 0,
        ...(i % 5 === 4 ? { error: 'No MX record for the domain' } : {}),
      },
      ...(i % 2 ? [{ step: 1, provider: 'hunter', status: 'succeeded', latency_ms: 420, credits_mc: 1000 }] : []),
    ],
    answer: i % 5 === 4 ? null : (row.cells['col_email'] ?? null),
    at: '2026-11-22T15:05:00Z',
  }));
  for (const job of s.jobs) s.records.set(job.id, records);
}

function seedLedger(s: MockState): void {
  let balance = 0;
  const entries: [string, number, string][] = [
    ['grant', 5_000_000, 'Welcome credits'],
    ['reservation', 0, 'Run of Work email'],
    ['debit', 179_500, ''],
    ['release', 0, 'Rest of the reservation'],
  ];
  entries.forEach(([kind, amount, note], i) => {
    balance += kind === 'debit' ? -amount : amount;
    s.transactions.unshift({
      seq: i + 1,
      position: 900 + i,
      kind,
      amount_mc: amount,
      balance_after_mc: balance,
      reserved_after_mc: 0,
      at: `2026-11-2${String(i)}T10:00:00Z`,
      hash: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
      prev_hash: '',
      actor: { kind: 'user', id: 'usr_demo' },
      lines: note ? 0 : 431,
      ...(note ? { note } : {}),
    });
  });
}
