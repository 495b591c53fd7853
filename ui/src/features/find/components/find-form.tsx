import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { messageOf } from '@/api/errors';
import { tablesChanged, tablesQuery } from '@/api/tables';
import type { Credential, RowSearch, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Field, Input, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Notice } from '@/components/states';
import { NumberInput } from '@/grid/typed-input';
import { toast } from '@/lib/toasts';
import { makeColumn, makeTable, previewFind, runSource, saveSource } from '../api/find';
import { columnsByField, definitionOf, fits, freshColumns, nameOf, newDraft, problemOf, type Draft } from '../draft';
import { FilterFields } from './filter-fields';
import { GoalFields } from './goal-fields';
import { PreviewCard } from './preview-card';

export interface FindFormProps {
  workspaceId: string;
  searches: RowSearch[];
  credentials: Credential[];
  kind: 'people' | 'companies';
  /** The table that is filled; null makes a new one. */
  table: Table | null;
  onKind: (kind: string) => void;
  onTable: (id: string) => void;
}

/** The search for one kind of rows, from its filters to its run. */
export function FindForm(props: FindFormProps) {
  const search = props.searches.find((s) => s.kind === props.kind);
  if (!search) return <Notice tone="warning">This installation has no search for {props.kind}.</Notice>;
  return <Form {...props} search={search} />;
}

function Form({ workspaceId: ws, credentials, table, search, onKind, onTable }: FindFormProps & { search: RowSearch }) {
  const client = useQueryClient();
  const tables = useQuery(tablesQuery(ws));
  const [draft, setDraft] = useState<Draft>(() => newDraft(search, credentials, table));
  const preview = useMutation({
    mutationFn: () =>
      previewFind(ws, {
        search: draft.search,
        credential_id: draft.credential,
        filters: draft.filters,
        max_rows: draft.maxRows,
      }),
    meta: { quiet: true },
  });
  const change = (part: Partial<Draft>): void => {
    if ('filters' in part || 'maxRows' in part || 'credential' in part) preview.reset();
    setDraft({ ...draft, ...part });
  };
  const run = useMutation({
    mutationFn: async () => {
      const fresh = freshColumns(draft, search);
      const made = await makeTarget(ws, draft, fresh);
      const saved = await saveSource(ws, definitionOf(draft, nameOf(draft, search), made.table, made.columns));
      await runSource(ws, saved.id);
      return made.table;
    },
    onSuccess: async (id) => {
      toast.success('The search has begun');
      await tablesChanged(client, ws);
      await client.invalidateQueries({ queryKey: ['table', ws, id] });
      await client.invalidateQueries({ queryKey: ['sources', ws] });
      await client.invalidateQueries({ queryKey: ['finds', ws] });
      onTable(id);
    },
    meta: { quiet: true },
  });
  const problem = problemOf(draft, search, table);
  const keys = credentials.filter((c) => fits(c, search));
  return (
    <>
      <Card title="What to look for">
        <div className="flex flex-col gap-4">
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Find">
              {(ids) => (
                <Select {...ids} value={search.kind} onChange={(e) => onKind(e.target.value)}>
                  <option value="people">People</option>
                  <option value="companies">Companies</option>
                </Select>
              )}
            </Field>
            <Field
              label="Credential"
              hint={
                keys.length === 0 ? (
                  <>
                    There is none for {search.credential.name} yet.{' '}
                    <Link
                      to={`/w/${ws}/settings/credentials?add=${search.credential.kind}`}
                      className="text-primary-ink underline"
                    >
                      Add one
                    </Link>
                  </>
                ) : undefined
              }
            >
              {(ids) => (
                <Select {...ids} value={draft.credential} onChange={(e) => change({ credential: e.target.value })}>
                  <option value="">Choose…</option>
                  {keys.map((c) => (
                    <option key={c.id} value={c.id}>
                      {c.name} ({c.masked})
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <p className="text-sm text-ink-2">{search.description}</p>
          <FilterFields search={search} filters={draft.filters} onChange={(filters) => change({ filters })} />
          <Bounds search={search} draft={draft} onChange={change} />
          <div>
            <Button
              busy={preview.isPending}
              disabled={!draft.credential || Object.keys(draft.filters).length === 0}
              onClick={() => preview.mutate()}
            >
              Preview
            </Button>
          </div>
          {preview.isError && <Notice tone="danger">{messageOf(preview.error)}</Notice>}
          {preview.data && <PreviewCard search={search} preview={preview.data} />}
        </div>
      </Card>
      <Card title="Where the rows go">
        <div className="flex flex-col gap-4">
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Table">
              {(ids) => (
                <Select {...ids} value={draft.table} onChange={(e) => onTable(e.target.value)}>
                  <option value="">A new table</option>
                  {(tables.data ?? []).map((t) => (
                    <option key={t.id} value={t.id}>
                      {t.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {!draft.table && (
              <Field label="Name of the new table">
                {(ids) => (
                  <Input
                    {...ids}
                    maxLength={100}
                    value={draft.tableName}
                    onChange={(e) => change({ tableName: e.target.value })}
                  />
                )}
              </Field>
            )}
          </div>
          <GoalFields search={search} table={table} draft={draft} onChange={change} />
          {run.isError && <Notice tone="danger">{messageOf(run.error)}</Notice>}
          <div className="flex flex-wrap items-center gap-3">
            <Button
              variant="primary"
              busy={run.isPending}
              disabled={problem !== null || !preview.data}
              onClick={() => run.mutate()}
            >
              Find rows
            </Button>
            <span role="status" className="text-sm text-ink-2">
              {problem ?? (preview.data ? '' : 'Look at the preview first: it says what the rows will cost.')}
            </span>
          </div>
        </div>
      </Card>
    </>
  );
}

/** Makes the table, or the columns that it lacks; answers the columns by their fields. */
async function makeTarget(ws: string, draft: Draft, fresh: ReturnType<typeof freshColumns>) {
  if (!draft.table) {
    const made = await makeTable(
      ws,
      draft.tableName.trim(),
      fresh.map(({ name, type }) => ({ name, type })),
    );
    return { table: made.id, columns: columnsByField(made.columns, fresh) };
  }
  const columns: Record<string, string> = {};
  for (const { field, name, type } of fresh) columns[field] = (await makeColumn(ws, draft.table, { name, type })).id;
  return { table: draft.table, columns };
}

function Bounds({
  search,
  draft,
  onChange,
}: {
  search: RowSearch;
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Rows at most">
        {(ids) => (
          <NumberInput
            {...ids}
            whole
            min={1}
            max={search.max_rows}
            value={draft.maxRows || null}
            onChange={(n) => {
              const maxRows = n ?? 0;
              onChange({ maxRows, maxCredits: search.page_credits * Math.ceil(maxRows / search.page_size) });
            }}
          />
        )}
      </Field>
      {search.page_credits > 0 && (
        <Field
          label={`Credits of your ${search.credential.name} plan at most`}
          hint={`A page of ${String(search.page_size)} costs ${String(search.page_credits)}.`}
        >
          {(ids) => (
            <NumberInput
              {...ids}
              whole
              min={search.page_credits}
              max={10_000}
              value={draft.maxCredits || null}
              onChange={(n) => onChange({ maxCredits: n ?? 0 })}
            />
          )}
        </Field>
      )}
    </div>
  );
}
