import { useQuery } from '@tanstack/react-query';
import { CircleAlert, Plus, Table2, TriangleAlert, Upload, UserSearch } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { creditsQuery } from '@/api/credits';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tablesQuery } from '@/api/tables';
import type { Import, Job, TableSummary } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Card, Page } from '@/components/page';
import { Shown } from '@/components/shown';
import { Empty, Notice, Progress, SkeletonRows } from '@/components/states';
import { importsQuery } from '@/features/imports/api/imports';
import { isOpen, jobsQuery } from '@/api/jobs';
import { JobBadge, JobProgress } from '@/features/jobs/components/job-bits';
import { webhooksQuery } from '@/features/settings/api/webhooks';
import { CreateTableDialog } from '@/features/tables/components/create-table-dialog';
import { ago, plural } from '@/lib/format';
import { attention, type Item } from './attention';
import { latest } from './latest';
import { ChecklistCard } from './checklist-card';
import { StartCards } from './start-cards';

/** Where a workspace opens: what was worked on, what runs, what needs a person. */
export function HomePage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const tables = useQuery({ ...tablesQuery(ws), enabled: can('tables.read') });
  const manage = can('tables.manage');
  const empty = tables.data?.length === 0;
  return (
    <Page
      title="Home"
      wide
      actions={
        manage && (
          <>
            <Button icon={<Upload size={14} />} onClick={() => void navigate(`/w/${ws}/import`)}>
              Import
            </Button>
            <Button icon={<UserSearch size={14} />} onClick={() => void navigate(`/w/${ws}/find`)}>
              Find people or companies
            </Button>
            <Button variant="primary" icon={<Plus size={15} />} onClick={() => setCreating(true)}>
              New table
            </Button>
          </>
        )
      }
    >
      {empty && manage && <StartCards workspaceId={ws} />}
      <ChecklistCard workspaceId={ws} />
      <Attention ws={ws} tables={tables.data ?? []} />
      <Running ws={ws} tables={tables.data ?? []} />
      {can('tables.read') && !(empty && manage) && (
        <Card title="Recent tables" flush>
          {tables.isPending && <SkeletonRows rows={3} />}
          {tables.isError && <Notice tone="danger">{messageOf(tables.error)}</Notice>}
          {empty && (
            <Empty icon={<Table2 size={20} />} title="No tables yet" text="Tables that your team makes appear here." />
          )}
          {tables.data && tables.data.length > 0 && <Recent ws={ws} tables={tables.data} />}
        </Card>
      )}
      {creating && <CreateTableDialog workspaceId={ws} onClose={() => setCreating(false)} />}
    </Page>
  );
}

function Recent({ ws, tables }: { ws: string; tables: readonly TableSummary[] }) {
  return (
    <ul className="divide-y divide-line">
      {latest(tables).map((t) => (
        <li key={t.id}>
          <Link to={`/w/${ws}/tables/${t.id}`} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
            <Table2 size={16} className="shrink-0 text-ink-3" />
            <span className="min-w-0 flex-1 truncate font-medium">
              <Shown text={t.name} />
            </span>
            <span className="tnum hidden text-sm text-ink-2 sm:inline">{plural(t.row_count, 'row')}</span>
            <span className="w-24 text-right text-sm whitespace-nowrap text-ink-3">{ago(t.updated_at)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const nameOf = (tables: readonly TableSummary[], id: string | undefined): string =>
  tables.find((t) => t.id === id)?.name ?? 'records sent by the API';

function Attention({ ws, tables }: { ws: string; tables: readonly TableSummary[] }) {
  const can = useCan(ws);
  const [now] = useState(Date.now);
  const jobs = useQuery({ ...jobsQuery(ws), enabled: can('tables.read') });
  const imports = useQuery({ ...importsQuery(ws), enabled: can('data.import') });
  const webhooks = useQuery({ ...webhooksQuery(ws), enabled: can('webhooks.manage') });
  const credits = useQuery({ ...creditsQuery(ws), enabled: can('credits.read') });
  const items = attention(
    { jobs: jobs.data, imports: imports.data, webhooks: webhooks.data, credits: credits.data },
    (id) => nameOf(tables, id),
    now,
  );
  if (items.length === 0) return null;
  return (
    <Card title="Needs attention" flush>
      <ul className="divide-y divide-line">
        {items.map((item) => (
          <li key={item.key}>
            <Link to={`/w/${ws}/${item.to}`} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
              <Mark tone={item.tone} />
              <span className="min-w-0">
                <span className="block truncate font-medium">
                  <Shown text={item.title} />
                </span>
                <span className="block truncate text-sm text-ink-2">
                  <Shown text={item.text} />
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Mark({ tone }: { tone: Item['tone'] }) {
  return tone === 'danger' ? (
    <CircleAlert size={18} aria-label="Failed" className="shrink-0 text-danger-ink" />
  ) : (
    <TriangleAlert size={18} aria-label="Warning" className="shrink-0 text-warning-ink" />
  );
}

function Running({ ws, tables }: { ws: string; tables: readonly TableSummary[] }) {
  const can = useCan(ws);
  const jobs = useQuery({ ...jobsQuery(ws), enabled: can('tables.read') });
  const imports = useQuery({ ...importsQuery(ws), enabled: can('data.import') });
  const open = (jobs.data ?? []).filter((j) => isOpen(j) || j.state === 'paused');
  const files = (imports.data ?? []).filter((i) => i.state === 'importing');
  if (open.length + files.length === 0) return null;
  return (
    <Card title="Running now" flush>
      <ul className="divide-y divide-line">
        {open.map((j) => (
          <li key={j.id}>
            <RunLine ws={ws} job={j} table={nameOf(tables, j.table_id)} />
          </li>
        ))}
        {files.map((i) => (
          <li key={i.id}>
            <ImportLine ws={ws} file={i} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

const line = 'flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-hover';

function RunLine({ ws, job, table }: { ws: string; job: Job; table: string }) {
  return (
    <Link to={`/w/${ws}/jobs/${job.id}`} className={line}>
      <span className="min-w-0 flex-1 basis-40 truncate font-medium">
        <Shown text={`Enrichment of ${table}`} />
      </span>
      <JobBadge job={job} />
      <div className="w-56">
        <JobProgress job={job} />
      </div>
    </Link>
  );
}

function ImportLine({ ws, file }: { ws: string; file: Import }) {
  return (
    <Link to={`/w/${ws}/import?id=${file.id}`} className={line}>
      <span className="min-w-0 flex-1 basis-40 truncate font-medium">
        <Shown text={`${file.copy_of ? 'Copy' : 'Import'} of ${file.filename}`} />
      </span>
      <div className="w-56">
        <Progress value={file.progress} label="Progress" />
      </div>
    </Link>
  );
}
