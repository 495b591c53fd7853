import { ArrowLeft, History, LayoutGrid, List, Play, Redo2, Undo2 } from 'lucide-react';
import { Link } from 'react-router';
import type { WorkflowDetail } from '@/api/types-workflow';
import { Button, IconButton } from '@/components/button';
import { Badge } from '@/components/states';
import { cx } from '@/lib/cx';
import { plural } from '@/lib/format';
import type { Editor } from '../use-editor';

export interface ToolbarProps {
  workflow: WorkflowDetail;
  editor: Editor;
  canEdit: boolean;
  listed: boolean;
  runsByHand: boolean;
  busy: boolean;
  onList: () => void;
  onArrange: () => void;
  onVersions: () => void;
  onRuns: () => void;
  onDryRun: () => void;
  onSave: () => void;
  onPublish: () => void;
  onUnpublish: () => void;
  onRun: () => void;
}

/** The workflow's name, how it stands, and what can be done with it. */
export function Toolbar(p: ToolbarProps) {
  const { workflow: w, editor: e } = p;
  const published = w.published_version ?? 0;
  const wrong = e.problems.length;
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line bg-surface px-3 py-2">
      <Link to=".." relative="path" aria-label="All workflows" className="rounded-md p-1.5 text-ink-2 hover:bg-hover">
        <ArrowLeft size={16} />
      </Link>
      <h1 className="min-w-0 flex-1 basis-32 text-md font-semibold">
        <span className={cx('block truncate px-1.5', p.canEdit && 'sm:hidden')}>{e.name}</span>
        {p.canEdit && (
          <input
            aria-label="Name of the workflow"
            maxLength={100}
            value={e.name}
            onChange={(event) => e.rename(event.target.value)}
            className="hidden w-full max-w-80 truncate rounded-md bg-transparent sm:block px-1.5 py-0.5 hover:bg-hover focus:bg-surface focus:outline-2 focus:outline-primary"
          />
        )}
      </h1>
      <span className="flex items-center gap-1.5" role="status">
        {wrong > 0 && <Badge tone="danger">{plural(wrong, 'problem')}</Badge>}
        {e.unsaved ? <Badge tone="warning">Not saved</Badge> : <Badge>Version {w.latest_version}</Badge>}
        {published > 0 && (
          <Badge tone="success">
            {published === w.latest_version ? 'Published' : `Version ${published} published`}
          </Badge>
        )}
      </span>
      {p.canEdit && (
        <span className="hidden items-center lg:flex">
          <IconButton label="Undo" disabled={!e.canUndo} onClick={e.undo}>
            <Undo2 size={16} />
          </IconButton>
          <IconButton label="Redo" disabled={!e.canRedo} onClick={e.redo}>
            <Redo2 size={16} />
          </IconButton>
          <IconButton label="Arrange the nodes" onClick={p.onArrange}>
            <LayoutGrid size={16} />
          </IconButton>
          <IconButton label="Show as a list" active={p.listed} aria-pressed={p.listed} onClick={p.onList}>
            <List size={16} />
          </IconButton>
        </span>
      )}
      <IconButton label="Versions" onClick={p.onVersions}>
        <History size={16} />
      </IconButton>
      <Button size="sm" onClick={p.onRuns}>
        Runs
      </Button>
      {p.canEdit && (
        <>
          <Button size="sm" className="max-sm:hidden" disabled={wrong > 0 || p.busy} onClick={p.onDryRun}>
            Dry run
          </Button>
          <Button size="sm" className="max-sm:hidden" busy={e.saving} disabled={!e.unsaved} onClick={p.onSave}>
            Save
          </Button>
          {published > 0 && !e.unsaved && published === w.latest_version ? (
            <Button size="sm" className="max-sm:hidden" disabled={p.busy} onClick={p.onUnpublish}>
              Unpublish
            </Button>
          ) : (
            <Button size="sm" className="max-sm:hidden" disabled={wrong > 0 || p.busy} onClick={p.onPublish}>
              Publish
            </Button>
          )}
          {p.runsByHand && (
            <Button
              size="sm"
              variant="primary"
              icon={<Play size={13} />}
              disabled={wrong > 0 || p.busy}
              onClick={p.onRun}
            >
              Run
            </Button>
          )}
        </>
      )}
    </header>
  );
}
