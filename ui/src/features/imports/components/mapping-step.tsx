import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Import } from '@/api/types';
import { Button } from '@/components/button';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Notice, Progress } from '@/components/states';
import { tableQuery, tablesChanged, tablesQuery } from '@/api/tables';
import { isReadOnly } from '@/grid/model';
import { spelled } from '@/lib/signs';
import { previewAgain, type Commit, type Reading } from '../api/imports';
import { problemOf, suggest, toMapping, type Target } from '../mapping';
import { useCommit } from '../use-commit';
import { LossReport } from './loss-report';
import { MappingTable } from './mapping-table';
import { EncodingChoice, ReadingCard } from './reading-card';

export interface MappingStepProps {
  workspaceId: string;
  file: Import;
  onBack: () => void;
  onStarted: () => void;
}

export function MappingStep({ workspaceId: ws, file: initial, onBack, onStarted }: MappingStepProps) {
  const [file, setFile] = useState(initial);
  const [tableId, setTableId] = useState('');
  const [name, setName] = useState(initial.filename.replace(/\.[^.]+$/, ''));
  const [mode, setMode] = useState<Commit['mode']>('append');
  const [keys, setKeys] = useState<string[]>([]);
  const [unescape, setUnescape] = useState<boolean | null>(null);
  const [edited, setEdited] = useState<{ of: string; targets: Target[] } | null>(null);
  const client = useQueryClient();
  const tables = useQuery(tablesQuery(ws));
  const table = useQuery({ ...tableQuery(ws, tableId), enabled: tableId !== '' });
  const columns = tableId ? (table.data?.columns ?? null) : [];
  const stamp = `${tableId}/${JSON.stringify(file.detected)}/${String(columns?.length ?? -1)}`;
  const targets = edited?.of === stamp ? edited.targets : suggest(file, columns);
  const takeAway = unescape ?? file.escaped_formulas ?? false;

  const body: Commit = {
    ...(tableId ? { table_id: tableId } : { new_table: { name: name.trim() || 'Imported' } }),
    mapping: toMapping(file, targets),
    mode: tableId ? mode : 'append',
    ...(tableId && mode !== 'append' ? { key_columns: keys } : {}),
    header: file.detected.header,
    create_options: true,
    unescape_formulas: takeAway,
  };
  const { report, progress, badValues, setBadValues, start } = useCommit(ws, file.id, body, async (made) => {
    client.setQueryData(['imports', ws, made.id], made);
    onStarted();
    await tablesChanged(client, ws);
  });

  const reread = useMutation({
    mutationFn: (reading: Reading) => previewAgain(ws, file.id, reading),
    onSuccess: setFile,
  });
  const problem = problemOf(file, targets, tableId ? mode : 'append', keys, columns ?? []);
  const choosing = file.unsure === true || initial.unsure === true;
  return (
    <>
      <ReadingCard file={file} busy={reread.isPending} onChange={(r) => reread.mutate(r)} />
      {choosing && (
        <EncodingChoice file={file} busy={reread.isPending} onChoose={(encoding) => reread.mutate({ encoding })} />
      )}
      <Card title="Where it goes">
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Table">
            {(ids) => (
              <Select {...ids} value={tableId} onChange={(e) => setTableId(e.target.value)}>
                <option value="">A new table</option>
                {(tables.data ?? []).map((t) => (
                  <option key={t.id} value={t.id}>
                    {spelled(t.name)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {!tableId && (
            <Field label="Name of the table">
              {(ids) => <Input {...ids} value={name} maxLength={100} onChange={(e) => setName(e.target.value)} />}
            </Field>
          )}
          {tableId && (
            <Field label="Rows">
              {(ids) => (
                <Select {...ids} value={mode} onChange={(e) => setMode(e.target.value as Commit['mode'])}>
                  <option value="append">Add all as new rows</option>
                  <option value="upsert">Update rows with the same key</option>
                  <option value="add_new">Add only those whose key is new</option>
                </Select>
              )}
            </Field>
          )}
          {tableId && mode !== 'append' && (
            <Field label="Key">
              {(ids) => (
                <Select
                  {...ids}
                  value={keys[0] ?? ''}
                  onChange={(e) => setKeys(e.target.value ? [e.target.value] : [])}
                >
                  <option value="">Choose…</option>
                  {(columns ?? [])
                    .filter((c) => !isReadOnly(c))
                    .map((c) => (
                      <option key={c.id} value={c.id}>
                        {c.name}
                      </option>
                    ))}
                </Select>
              )}
            </Field>
          )}
        </div>
      </Card>
      <MappingTable
        file={file}
        columns={columns ?? []}
        targets={targets}
        onChange={(next) => setEdited({ of: stamp, targets: next })}
      />
      {file.detected.format === 'csv' && (
        <Checkbox
          label="Remove the ' that protects formulas"
          hint={
            file.escaped_formulas
              ? 'Found in this file, as exports have it.'
              : 'For files that were exported with formulas protected.'
          }
          checked={takeAway}
          onChange={(e) => setUnescape(e.target.checked)}
        />
      )}
      {report && <LossReport report={report} badValues={badValues} onChange={setBadValues} />}
      {start.isPending && !report && <Progress value={progress} label="Reading the whole file" />}
      {start.isError && <Notice tone="danger">{messageOf(start.error)}</Notice>}
      {reread.isError && <Notice tone="danger">{messageOf(reread.error)}</Notice>}
      <div className="flex flex-wrap items-center gap-2">
        <Button onClick={onBack}>Choose another file</Button>
        <Button
          variant="primary"
          busy={start.isPending}
          disabled={problem !== null || columns === null}
          onClick={() => start.mutate()}
        >
          {report ? 'Import anyway' : 'Import'}
        </Button>
        {problem && <span className="text-ink-2">{problem}</span>}
      </div>
    </>
  );
}
