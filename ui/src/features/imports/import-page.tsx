import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import type { Import } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Card, Page } from '@/components/page';
import { Badge, Notice, SkeletonRows, type Tone } from '@/components/states';
import { Shown } from '@/components/shown';
import { cx } from '@/lib/cx';
import { ago, plural, sentence } from '@/lib/format';
import { importQuery, importsQuery } from './api/imports';
import { MappingStep } from './components/mapping-step';
import { ProgressStep } from './components/progress-step';
import { UploadStep } from './components/upload-step';

/** The import wizard: a file, what is in it, where it goes, how it went. */
export function ImportPage() {
  const ws = useWorkspaceId();
  const [params, setParams] = useSearchParams();
  const id = params.get('id');
  const open = (next: string | null): void => setParams(next ? { id: next } : {});
  const current = useQuery({ ...importQuery(ws, id ?? ''), enabled: id !== null });
  const step = !id ? 0 : !current.data || ['uploaded', 'previewed'].includes(current.data.state) ? 1 : 2;
  return (
    <Page
      wide={step === 1}
      title="Import"
      text="CSV, TSV, Excel workbooks and JSON up to 1 GB. A bad row is skipped and reported, never the file."
    >
      <Steps at={step} />
      {!id && <UploadStep workspaceId={ws} onUploaded={open} />}
      {!id && <Recent ws={ws} />}
      {id && current.isPending && <SkeletonRows />}
      {id && current.isError && <Notice tone="danger">{messageOf(current.error)}</Notice>}
      {id && current.data && step === 1 && (
        <MappingStep
          key={id}
          workspaceId={ws}
          file={current.data}
          onBack={() => open(null)}
          onStarted={() => void current.refetch()}
        />
      )}
      {id && current.data && step === 2 && (
        <ProgressStep
          workspaceId={ws}
          file={current.data}
          onAnother={() => open(null)}
          onChanged={() => void current.refetch()}
        />
      )}
    </Page>
  );
}

function Steps({ at }: { at: number }) {
  return (
    <ol className="flex flex-wrap gap-x-6 gap-y-1">
      {['Choose a file', 'Match columns', 'Import'].map((name, i) => (
        <li
          key={name}
          aria-current={i === at ? 'step' : undefined}
          className={cx('flex items-center gap-2', i === at ? 'font-semibold text-ink' : 'text-ink-3')}
        >
          <span
            className={cx(
              'tnum flex size-5 items-center justify-center rounded-full text-xs',
              i <= at ? 'bg-primary text-on-primary' : 'bg-active text-ink-2',
            )}
          >
            {i + 1}
          </span>
          <span className={i === at ? '' : 'hidden sm:inline'}>{name}</span>
        </li>
      ))}
    </ol>
  );
}

export const importTones: Partial<Record<Import['state'], Tone>> = {
  importing: 'primary',
  completed: 'success',
  partially_completed: 'warning',
  failed: 'danger',
};

function Recent({ ws }: { ws: string }) {
  const list = useQuery(importsQuery(ws));
  if (!list.data?.length) return null;
  return (
    <Card title="Recent imports" flush>
      <ul>
        {list.data.slice(0, 10).map((i) => (
          <li key={i.id} className="border-b border-line last:border-0">
            <Link to={`?id=${i.id}`} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
              <span className="min-w-0 flex-1 truncate font-medium">
                <Shown text={i.copy_of ? `Copy of ${i.filename}` : i.filename} />
              </span>
              <span className="hidden text-ink-2 sm:inline">{plural(i.counts.imported + i.counts.updated, 'row')}</span>
              <Badge tone={importTones[i.state] ?? 'neutral'}>{sentence(i.state)}</Badge>
              <span className="w-28 text-right text-sm text-ink-3">{ago(i.created_at)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
