import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tableQuery } from '@/api/tables';
import type { Table } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Page } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { plural } from '@/lib/format';
import { duplicatesKey, jobQuery, jobsQuery, type Place } from './api/duplicates';
import type { Keep } from './choice';
import { JobProgress } from './components/job-progress';
import { MergeAll } from './components/merge-all';
import { MergedList } from './components/merged-list';
import { Review } from './components/review';
import { ScanForm } from './components/scan-form';

/** Rows of a table that stand for the same thing: found, looked at, merged, taken apart. */
export function DuplicatesPage() {
  const ws = useWorkspaceId();
  const { tableId = '' } = useParams();
  const table = useQuery(tableQuery(ws, tableId));
  return (
    <Page
      wide
      title="Duplicates"
      text={
        table.data && (
          <Link to={`/w/${ws}/tables/${tableId}`} className="text-primary-ink underline">
            {table.data.name}
          </Link>
        )
      }
    >
      {table.isPending && <SkeletonRows />}
      {table.error && <Notice tone="danger">{messageOf(table.error)}</Notice>}
      {table.data && <Duplicates place={{ ws, table: tableId }} table={table.data} />}
    </Page>
  );
}

function Duplicates({ place, table }: { place: Place; table: Table }) {
  const can = useCan(place.ws);
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const [keep, setKeep] = useState<Keep>('newest');
  const [work, setWork] = useState('');
  const jobs = useQuery(jobsQuery(place));
  const scans = jobs.data?.filter((j) => j.kind === 'scan') ?? [];
  const fresh = params.get('scan') === 'new';
  const scanId = fresh ? '' : (params.get('scan') ?? scans[0]?.id ?? '');
  const scan = useQuery({ ...jobQuery(place, scanId), enabled: scanId !== '' });
  const other = useQuery({ ...jobQuery(place, work), enabled: work !== '' });
  const otherState = other.data?.state;
  useEffect(() => {
    if (otherState && otherState !== 'running') void client.invalidateQueries({ queryKey: duplicatesKey(place) });
    // The place is made anew with each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [otherState, client]);
  if (jobs.isPending) return <SkeletonRows />;
  if (jobs.error) return <Notice tone="danger">{messageOf(jobs.error)}</Notice>;
  const open = (id: string): void => {
    setParams({ scan: id }, { replace: true });
    void client.invalidateQueries({ queryKey: [...duplicatesKey(place), 'jobs'] });
  };
  const edits = can('rows.edit');
  const found = scan.data?.state === 'completed' ? scan.data : null;
  return (
    <>
      {!scanId && edits && <ScanForm place={place} table={table} onStarted={open} />}
      {!scanId && !edits && <Empty title="No duplicates were looked for" />}
      {scan.error && <Notice tone="danger">{messageOf(scan.error)}</Notice>}
      {scan.data && <JobProgress place={place} job={scan.data} />}
      {scanId && edits && scan.data?.state !== 'running' && (
        <div className="flex flex-wrap items-center gap-3">
          {found && (
            <p className="min-w-0 flex-1 basis-48 text-base text-ink-2" role="status">
              {found.groups === 0
                ? 'No duplicates were found.'
                : `${plural(found.groups, 'group')} found, ${found.states?.['open'] ?? 0} to decide.`}
            </p>
          )}
          <Button onClick={() => open('new')}>Compare otherwise</Button>
        </div>
      )}
      {other.data && <JobProgress place={place} job={other.data} />}
      {found && found.groups > 0 && edits && (
        <>
          <Review key={`${scanId}/${otherState ?? ''}`} place={place} table={table} scanId={scanId} keep={keep} />
          <MergeAll place={place} table={table} scanId={scanId} keep={keep} onKeep={setKeep} onStarted={setWork} />
        </>
      )}
      <MergedList place={place} table={table} canEdit={edits} />
    </>
  );
}
