import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Import } from '@/api/types';
import { Button } from '@/components/button';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Notice } from '@/components/states';
import { tableQuery, tablesChanged, tablesQuery } from '@/api/tables';
import { isReadOnly } from '@/grid/model';
import { bytes, plural } from '@/lib/format';
import { commit, previewAgain, type Reading } from '../api/imports';
import { problemOf, suggest, toMapping, type Target } from '../mapping';
import { MappingTable } from './mapping-table';

export interface MappingStepProps {
  workspaceId: string;
  file: Import;
  onBack: () => void;
  onStarted: () => void;
}

const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'];
const DELIMITERS = [
  { value: ',', label: 'Comma' },
  { value: ';', label: 'Semicolon' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar' },
];

export function MappingStep({ workspaceId: ws, file: initial, onBack, onStarted }: MappingStepProps) {
  const [file, setFile] = useState(initial);
  const [tableId, setTableId] = useState('');
  const [name, setName] = useState(initial.filename.replace(/\.[^.]+$/, ''));
  const [mode, setMode] = useState<'append' | 'upsert'>('append');
  const [keys, setKeys] = useState<string[]>([]);
  const [unescape, setUnescape] = useState(false);
  const [edited, setEdited] = useState<{ of: string; targets: Target[] } | null>(null);
  const client = useQueryClient();
  const tables = useQuery(tablesQuery(ws));
  const table = useQuery({ ...tableQuery(ws, tableId), enabled: tableId !== '' });
  const columns = tableId ? (table.data?.columns ?? null) : [];
  const stamp = `${tableId}/${JSON.stringify(file.detected)}/${String(columns?.length ?? -1)}`;
  const targets = edited?.of === stamp ? edited.targets : suggest(file, columns);

  const reread = useMutation({
    mutationFn: (reading: Reading) => previewAgain(ws, file.id, reading),
    onSuccess: setFile,
  });
  const start = useMutation({
    mutationFn: () =>
      commit(ws, file.id, {
        ...(tableId ? { table_id: tableId } : { new_table: { name: name.trim() || 'Imported' } }),
        mapping: toMapping(file, targets),
        mode: tableId ? mode : 'append',
        ...(tableId && mode === 'upsert' ? { key_columns: keys } : {}),
        header: file.detected.header,
        create_options: true,
        ...(unescape ? { unescape_formulas: true } : {}),
      }),
    meta: { quiet: true },
    onSuccess: async (made) => {
      client.setQueryData(['imports', ws, made.id], made);
      onStarted();
      await tablesChanged(client, ws);
    },
  });
  const problem = problemOf(targets, tableId ? mode : 'append', keys);
  const { detected } = file;
  return (
    <>
      <Card
        title={file.filename}
        text={`${bytes(file.size)}${file.counts.rows ? ` · ${plural(file.counts.rows, 'row')}` : ''}`}
      >
        <div className="grid gap-3 sm:grid-cols-4">
          <Field label="Encoding">
            {(ids) => (
              <Select
                {...ids}
                value={detected.encoding.toLowerCase()}
                disabled={reread.isPending}
                onChange={(e) => reread.mutate({ encoding: e.target.value })}
              >
                {[...new Set([detected.encoding.toLowerCase(), ...ENCODINGS])].map((e) => (
                  <option key={e} value={e}>
                    {e.toUpperCase()}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {detected.format !== 'jsonl' && (
            <Field label="Separator">
              {(ids) => (
                <Select
                  {...ids}
                  value={detected.delimiter}
                  disabled={reread.isPending}
                  onChange={(e) => reread.mutate({ delimiter: e.target.value })}
                >
                  {DELIMITERS.map((d) => (
                    <option key={d.value} value={d.value}>
                      {d.label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
          {detected.format !== 'jsonl' && (
            <Checkbox
              className="self-end pb-1.5 sm:col-span-2"
              label="The first line names the columns"
              checked={detected.header}
              disabled={reread.isPending}
              onChange={(e) => reread.mutate({ header: e.target.checked })}
            />
          )}
        </div>
      </Card>
      <Card title="Where it goes">
        <div className="grid gap-3 sm:grid-cols-3">
          <Field label="Table">
            {(ids) => (
              <Select {...ids} value={tableId} onChange={(e) => setTableId(e.target.value)}>
                <option value="">A new table</option>
                {(tables.data ?? []).map((t) => (
                  <option key={t.id} value={t.id}>
                    {t.name}
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
                <Select
                  {...ids}
                  value={mode}
                  onChange={(e) => setMode(e.target.value === 'upsert' ? 'upsert' : 'append')}
                >
                  <option value="append">Add all as new rows</option>
                  <option value="upsert">Update rows with the same key</option>
                </Select>
              )}
            </Field>
          )}
          {tableId && mode === 'upsert' && (
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
      <Checkbox
        label="Remove the ' that protects formulas"
        hint="For files that were exported with formulas escaped."
        checked={unescape}
        onChange={(e) => setUnescape(e.target.checked)}
      />
      {start.isError && <Notice tone="danger">{messageOf(start.error)}</Notice>}
      <div className="flex items-center gap-2">
        <Button onClick={onBack}>Choose another file</Button>
        <Button variant="primary" busy={start.isPending} disabled={problem !== null} onClick={() => start.mutate()}>
          Import
        </Button>
        {problem && <span className="text-ink-2">{problem}</span>}
      </div>
    </>
  );
}
