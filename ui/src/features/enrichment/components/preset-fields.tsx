import { useQuery } from '@tanstack/react-query';
import { Download, ExternalLink, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { messageOf } from '@/api/errors';
import { presetsQuery } from '@/api/providers';
import type { EnrichmentStep, Preset, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Field, Select } from '@/components/field';
import { Notice } from '@/components/states';
import { saveBlob } from '@/lib/download';
import { suggestColumn, textOf } from '../config';
import { fromPreset, MAX_FILE, nameable, readPreset, writePreset } from '../presets';

export interface PresetFieldsProps {
  table: Table;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}

/** Starts a request from what is known of an API, or from a colleague's file, and gives one's own to others. */
export function PresetFields({ table, step, onChange }: PresetFieldsProps) {
  const { data, error } = useQuery(presetsQuery(step.provider));
  const [preset, setPreset] = useState<Preset | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const url = textOf(step.config?.['url']);
  const read = async (f: File | undefined): Promise<void> => {
    if (!f) return;
    const got = f.size > MAX_FILE ? readPreset('x'.repeat(MAX_FILE + 1)) : readPreset(await f.text());
    setProblem('problem' in got ? got.problem : null);
    setPreset('preset' in got ? got.preset : null);
  };
  return (
    <section aria-label="Presets" className="flex flex-col gap-2 rounded-md border border-line bg-sunken p-3">
      <div className="flex flex-wrap items-end gap-2">
        <Field label="Start from a preset" className="min-w-48 flex-1">
          {(ids) => (
            <Select
              {...ids}
              value={preset?.slug ?? ''}
              onChange={(e) => {
                setProblem(null);
                setPreset(data?.find((p) => p.slug === e.target.value) ?? null);
              }}
            >
              <option value="">{preset && !preset.slug ? preset.name : 'Choose an API…'}</option>
              {groups(data ?? []).map(([category, list]) => (
                <optgroup key={category} label={category}>
                  {list.map((p) => (
                    <option key={p.slug} value={p.slug}>
                      {p.name}
                    </option>
                  ))}
                </optgroup>
              ))}
            </Select>
          )}
        </Field>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          aria-label="File of a preset"
          className="sr-only"
          tabIndex={-1}
          onChange={(e) => {
            void read(e.target.files?.[0]);
            e.target.value = '';
          }}
        />
        <Button size="sm" variant="ghost" icon={<Upload size={14} />} onClick={() => file.current?.click()}>
          Import
        </Button>
        <Button
          size="sm"
          variant="ghost"
          icon={<Download size={14} />}
          disabled={!url}
          onClick={() =>
            saveBlob(new Blob([writePreset(hostName(url), step)], { type: 'application/json' }), 'preset.json')
          }
        >
          Export
        </Button>
      </div>
      {(problem ?? error) && <Notice tone="danger">{problem ?? messageOf(error)}</Notice>}
      {preset && (
        <Chosen
          key={`${preset.slug}/${preset.name}`}
          preset={preset}
          table={table}
          onUse={(columns) => {
            onChange(fromPreset(step, preset, columns));
            setPreset(null);
          }}
        />
      )}
    </section>
  );
}

function groups(list: Preset[]): [string, Preset[]][] {
  const names = [...new Set(list.map((p) => p.category))].sort();
  return names.map((name) => [name, list.filter((p) => p.category === name)]);
}

function hostName(url: string): string {
  return /^https?:\/\/([^/?#{]+)/.exec(url)?.[1] ?? 'HTTP API';
}

/** What a preset asks, and which columns it asks with. */
function Chosen({
  preset,
  table,
  onUse,
}: {
  preset: Preset;
  table: Table;
  onUse: (columns: Record<string, Table['columns'][number]>) => void;
}) {
  const columns = table.columns.filter(nameable);
  const [ids, setIds] = useState<Record<string, string>>(() =>
    Object.fromEntries(
      (preset.inputs ?? []).map((i) => [i.name, suggestColumn({ name: i.name, type: 'text' }, columns)?.id ?? '']),
    ),
  );
  const chosen = Object.fromEntries(
    Object.entries(ids).flatMap(([name, id]) => {
      const column = columns.find((c) => c.id === id);
      return column ? [[name, column] as const] : [];
    }),
  );
  const open = (preset.inputs ?? []).filter((i) => !chosen[i.name]);
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-ink-2">
        {preset.description}{' '}
        {preset.docs && (
          <a
            href={preset.docs}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1 text-primary-ink underline"
          >
            Documentation
            <ExternalLink size={12} />
          </a>
        )}
      </p>
      {preset.key.need !== 'none' && (
        <p className="text-sm text-ink-2">
          {preset.key.need === 'required' ? 'Needs a key' : 'Works without a key'}
          {(preset.key.hosts ?? []).length > 0 &&
            `; make its credential for ${(preset.key.hosts ?? []).join(', ')}`}. {preset.key.how}
        </p>
      )}
      {(preset.inputs ?? []).map((input) => (
        <Field key={input.name} label={input.label} hint={input.sample ? `For example ${input.sample}` : undefined}>
          {(at) => (
            <Select
              {...at}
              value={ids[input.name] ?? ''}
              onChange={(e) => setIds({ ...ids, [input.name]: e.target.value })}
            >
              <option value="">Choose a column…</option>
              {columns.map((c) => (
                <option key={c.id} value={c.id}>
                  {c.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ))}
      <div>
        <Button size="sm" variant="primary" disabled={open.length > 0} onClick={() => onUse(chosen)}>
          Use this preset
        </Button>
      </div>
    </div>
  );
}
