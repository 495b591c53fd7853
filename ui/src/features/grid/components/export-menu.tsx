import { useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import { IconButton } from '@/components/button';
import { Dialog, DialogActions } from '@/components/dialog';
import { Checkbox } from '@/components/field';
import { cx } from '@/lib/cx';
import { count, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { exportRows, startExport } from '../api/export';
import { keepExport, keptExport, type ExportChoice } from '../export-choice';
import type { GridPage } from '../use-grid-page';
import type { ViewState } from '../view-state';

/** From so many rows on, a file is made in the background unless told otherwise. */
const LARGE = 100_000;

export interface ExportProps {
  workspaceId: string;
  table: Table;
  state: ViewState;
  page: GridPage;
}

/** Files of the table: which rows and columns, in which format. */
export function ExportMenu(props: ExportProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label="Export" size="sm" className="!size-7" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Download size={14} />
      </IconButton>
      {open && <ExportDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({ workspaceId, table, state, page, onClose }: ExportProps & { onClose: () => void }) {
  const checked = page.grid?.checked;
  const all = checked?.all ?? false;
  const ids = all ? [] : (checked?.list() ?? []);
  const narrowed = page.query.filter !== null || page.query.q !== '';
  const inView = page.lines?.rowCount.get() ?? page.grid?.rows.rowCount.get() ?? table.row_count;
  const [choice, setChoice] = useState<ExportChoice>(() => {
    const kept = keptExport();
    return { ...kept, rows: ids.length > 0 ? 'selection' : kept.rows === 'selection' ? 'view' : kept.rows };
  });
  const change = (c: Partial<ExportChoice>): void => setChoice({ ...choice, ...c });
  const csv = choice.format === 'csv';
  const visible = state.layout.filter((l) => !l.hidden).map((l) => l.id);
  const rows = choice.rows === 'view' ? inView : choice.rows === 'selection' ? ids.length : table.row_count;
  const [later, setLater] = useState(rows >= LARGE);
  const navigate = useNavigate();
  const client = useQueryClient();
  const run = (): void => {
    keepExport(choice);
    onClose();
    const options = {
      format: choice.format,
      query: choice.rows === 'view' ? page.query : null,
      fields: choice.columns === 'shown' ? visible : [],
      ids: choice.rows === 'selection' ? ids : [],
      protect: choice.protect,
      mark: choice.mark,
      sure: choice.sure,
    };
    if (!later) {
      toast.info(`Preparing ${table.name}.${choice.format}…`);
      exportRows(workspaceId, table, options).catch((e: unknown) => toast.error(messageOf(e)));
      return;
    }
    startExport(workspaceId, table, options).then(
      () => {
        void client.invalidateQueries({ queryKey: ['exports', workspaceId] });
        toast.info(`${table.name}.${choice.format} is being made; you find it under Jobs.`, {
          label: 'Open jobs',
          run: () => void navigate(`/w/${workspaceId}/jobs`),
        });
      },
      (e: unknown) => toast.error(messageOf(e)),
    );
  };
  return (
    <Dialog
      title={`Export “${table.name}”`}
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={run} busy={false} disabled={rows === 0}>
          {`Export ${plural(rows, 'row')}`}
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          if (rows > 0) run();
        }}
      >
        <Choice
          legend="Format"
          value={choice.format}
          options={[
            { value: 'csv', label: 'CSV', hint: 'For any program' },
            { value: 'xlsx', label: 'Excel', hint: 'Numbers and dates as such' },
            { value: 'json', label: 'JSON', hint: 'One list of objects' },
            { value: 'jsonl', label: 'JSON Lines', hint: 'One object a line' },
            { value: 'parquet', label: 'Parquet', hint: 'For data tools, exact types' },
          ]}
          onChange={(format) => change({ format })}
        />
        <Choice
          legend="Rows"
          value={choice.rows}
          options={[
            {
              value: 'view',
              label: narrowed ? 'What the view shows' : 'All rows, in the order of the view',
              hint: plural(inView, 'row'),
            },
            ...(ids.length > 0
              ? [{ value: 'selection' as const, label: 'Selected rows', hint: plural(ids.length, 'row') }]
              : []),
            ...(narrowed
              ? [{ value: 'all' as const, label: 'Whole table', hint: plural(table.row_count, 'row') }]
              : []),
          ]}
          onChange={(r) => change({ rows: r })}
        />
        <Choice
          legend="Columns"
          value={choice.columns}
          options={[
            { value: 'shown', label: 'Those that are shown', hint: count(visible.length) },
            { value: 'all', label: 'All columns', hint: count(table.columns.length) },
          ]}
          onChange={(columns) => change({ columns })}
        />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium text-ink-2">Options</legend>
          {csv && (
            <>
              <Checkbox
                label="Protect formulas"
                hint="Puts an apostrophe before text that a spreadsheet would run, such as =1+1. An import takes it away again."
                checked={choice.protect}
                onChange={(e) => change({ protect: e.target.checked })}
              />
              <Checkbox
                label="Mark as UTF-8 for Excel"
                hint="Begins the file with a byte order mark (BOM), so that Excel reads é and ü right."
                checked={choice.mark}
                onChange={(e) => change({ mark: e.target.checked })}
              />
            </>
          )}
          <Checkbox
            label="Add confidence columns"
            hint="Two more columns for each enrichment: confidence and verified."
            checked={choice.sure}
            onChange={(e) => change({ sure: e.target.checked })}
          />
          <Checkbox
            label="Make the file in the background"
            hint="For many rows: it waits under Jobs for 24 hours, with a link that can be passed on."
            checked={later}
            onChange={(e) => setLater(e.target.checked)}
          />
        </fieldset>
        <button type="submit" className="hidden" aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

function Choice<T extends string>({
  legend,
  value,
  options,
  onChange,
}: {
  legend: string;
  value: T;
  options: { value: T; label: string; hint: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium text-ink-2">{legend}</legend>
      <div className="flex flex-col gap-1">
        {options.map((o) => (
          <label
            key={o.value}
            className={cx(
              'flex items-center gap-2 rounded-md border px-2.5 py-1.5',
              o.value === value ? 'border-primary bg-primary-soft' : 'border-line hover:border-line-strong',
            )}
          >
            <input
              type="radio"
              name={legend}
              className="size-3.5 accent-primary"
              checked={o.value === value}
              onChange={() => onChange(o.value)}
            />
            <span className="flex-1">{o.label}</span>
            <span className="tnum text-sm text-ink-3">{o.hint}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
