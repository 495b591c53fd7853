import type { FindDefinition, FindRun, FindSource, RowSearch } from '../../api/types.ts';
import { Fault, type Router } from './http.ts';

const credential = { kind: 'hunter', name: 'Vendor', fields: [], hosts: [], how: '', url: '' };
const text = (name: string, label: string) => ({ name, label, type: 'text' });
const searches: RowSearch[] = [
  {
    slug: 'vendor_people',
    name: 'Vendor: people',
    description: 'People by title.',
    terms: '',
    kind: 'people',
    filters: [
      { name: 'titles', label: 'Titles', hint: 'sales director' },
      { name: 'sizes', label: 'Employees', options: ['1,10', '11,50'] },
    ],
    fields: [text('vendor_id', 'Vendor id'), text('name', 'Name')],
    keys: ['vendor_id'],
    page_size: 100,
    page_credits: 0,
    max_rows: 50_000,
    limits: {},
    credential,
  },
  {
    slug: 'vendor_companies',
    name: 'Vendor: companies',
    description: 'Companies by place.',
    terms: '',
    kind: 'companies',
    filters: [{ name: 'places', label: 'Seats' }],
    fields: [text('domain', 'Domain')],
    keys: ['domain'],
    page_size: 100,
    page_credits: 1,
    max_rows: 50_000,
    limits: {},
    credential,
  },
];

/** Searches of the in-memory server, whose runs end at once. */
export function findRoutes(r: Router): void {
  const sources: FindSource[] = [];
  const runs: FindRun[] = [];
  r.on('GET', '/searches', () => ({ data: searches }));
  r.on('POST', 'W/find-preview', ({ body }) => {
    const asked = body as { search: string };
    const free = asked.search === 'vendor_people';
    return {
      data: free
        ? { pages: 1, credits: 0, looked: true, total: 42, rows: [{ vendor_id: 'v1', name: 'Ada' }] }
        : { pages: 1, credits: 1, looked: false, total: 0, rows: [] },
    };
  });
  r.on('GET', 'W/sources', () => ({ data: sources }));
  r.on('POST', 'W/sources', ({ body }) => {
    const made = {
      ...(body as FindDefinition),
      id: `src_${String(sources.length + 1)}`,
      updated_at: '2026-11-22T09:00:00Z',
    };
    sources.unshift(made);
    return { data: made, status: 201 };
  });
  r.on('POST', 'W/sources/:s/run', ({ params }) => {
    const source = sources.find((s) => s.id === params['s']);
    if (!source) throw new Fault(404, 'NOT_FOUND', 'no source here');
    const id = `fnd_${String(runs.length + 1)}`;
    runs.unshift({
      id,
      source_id: source.id,
      table_id: source.table_id,
      state: 'completed',
      pages: 1,
      rows: 42,
      total: 42,
      credits: 0,
      import_id: 'imp_1',
      started_at: '2026-11-22T09:00:00Z',
    });
    return { data: { id }, status: 201 };
  });
  r.on('GET', 'W/finds', () => ({ data: runs }));
}
