import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { AuditLine } from '@/api/types';
import { Button } from '@/components/button';
import { Field, Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { dateTime, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { DateInput } from '@/grid/typed-input';
import { audit, downloadAudit, everything, members, type AuditFilter } from '../api/team';
import { Sentence } from './sentence';

const THINGS = [
  'table',
  'member',
  'invitation',
  'api_key',
  'credential',
  'credits',
  'billing',
  'run',
  'import',
  'webhook',
  'search',
  'session',
  'user',
  'operation',
  'workspace',
  'projection',
];

/** Everything that was done or tried, with where it came from; nothing in it can be changed. */
export function AuditLog({ ws }: { ws: string }) {
  const [filter, setFilter] = useState(everything);
  const [saving, setSaving] = useState(false);
  const list = useInfiniteQuery({
    queryKey: ['audit', ws, filter],
    queryFn: ({ pageParam }) => audit(ws, filter, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
  });
  const lines = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  const save = async (): Promise<void> => {
    setSaving(true);
    await downloadAudit(ws, filter).catch((e: unknown) => toast.error(messageOf(e)));
    setSaving(false);
  };
  return (
    <Card flush>
      <div className="grid grid-cols-2 items-end gap-3 border-b border-line px-4 py-3 sm:flex sm:flex-wrap">
        <Filters ws={ws} filter={filter} onChange={setFilter} />
        <Button className="col-start-2 ml-auto" icon={<Download size={14} />} busy={saving} onClick={() => void save()}>
          CSV
        </Button>
      </div>
      {list.isPending && <SkeletonRows rows={8} />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && lines.length === 0 && (
        <Empty
          icon={<ScrollText size={20} />}
          title="No lines match"
          action={<Button onClick={() => setFilter(everything)}>Clear the filter</Button>}
        />
      )}
      {lines.length > 0 && (
        <DataTable
          head={['When', 'Who', 'What', { text: 'Before → after', wide: true }, { text: 'From', wide: true }]}
          label="Audit log"
        >
          {lines.map((line) => (
            <Row key={line.position} ws={ws} line={line} />
          ))}
        </DataTable>
      )}
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show earlier lines
          </Button>
        </div>
      )}
    </Card>
  );
}

function Filters({ ws, filter, onChange }: { ws: string; filter: AuditFilter; onChange: (f: AuditFilter) => void }) {
  const people = useQuery({ queryKey: ['members', ws, 'names'], queryFn: () => members(ws) });
  const day = (label: string, name: 'from' | 'to') => (
    <Field label={label}>
      {(ids) => (
        <DateInput
          {...ids}
          className="w-full sm:w-40"
          placeholder="any day"
          value={filter[name]}
          onChange={(to) => onChange({ ...filter, [name]: to })}
        />
      )}
    </Field>
  );
  return (
    <>
      <Field label="Who">
        {(ids) => (
          <Select
            {...ids}
            className="sm:!w-40"
            value={filter.actor}
            onChange={(e) => onChange({ ...filter, actor: e.target.value })}
          >
            <option value="">Everybody</option>
            {people.data?.map((m) => (
              <option key={m.user_id} value={m.user_id}>
                {m.name || m.email}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Thing">
        {(ids) => (
          <Select
            {...ids}
            className="sm:!w-36"
            value={filter.thing}
            onChange={(e) => onChange({ ...filter, thing: e.target.value })}
          >
            <option value="">Everything</option>
            {THINGS.map((t) => (
              <option key={t} value={t}>
                {t === 'api_key' ? 'API key' : sentence(t)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {day('From', 'from')}
      {day('To', 'to')}
    </>
  );
}

function Row({ ws, line }: { ws: string; line: AuditLine }) {
  return (
    <tr className="align-top [&>td]:align-top">
      <Td className="min-w-24 text-sm text-ink-2 sm:whitespace-nowrap">{dateTime(line.at)}</Td>
      <Td className="whitespace-nowrap">{line.actor.name}</Td>
      <Td className="min-w-[140px] break-words sm:min-w-[220px]">
        <Sentence ws={ws} line={line} />
      </Td>
      <Td className="max-w-[260px] text-sm text-ink-2">
        <Values value={line.before} struck />
        <Values value={line.after} />
      </Td>
      <Td className="max-w-[160px] text-sm text-ink-3">
        <span className="tnum block">{line.ip}</span>
        <span className="block truncate" title={line.user_agent}>
          {line.user_agent}
        </span>
      </Td>
    </tr>
  );
}

/** The members of an object, each on a line. */
function Values({ value, struck }: { value: unknown; struck?: boolean }) {
  if (typeof value !== 'object' || value === null) return null;
  return (
    <dl className={struck ? 'text-ink-3 line-through' : ''}>
      {Object.entries(value).map(([name, v]) => (
        <div key={name} className="flex gap-1 truncate">
          <dt className="text-ink-3">{sentence(name)}:</dt>
          <dd className="truncate" title={text(v)}>
            {text(v)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function text(v: unknown): string {
  return typeof v === 'string' ? v : JSON.stringify(v);
}
