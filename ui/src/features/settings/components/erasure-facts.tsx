import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { tablesQuery } from '@/api/tables';
import type { Erasure, ErasurePlace } from '@/api/types';
import { DataTable, Td } from '@/components/page';
import { count, dateTime, plural, sentence } from '@/lib/format';

const COPIES = 'read model ';

/** Read models are one line: which there are is nothing that people know. */
export function summed(list: ErasurePlace[]): ErasurePlace[] {
  const copies = list.filter((p) => p.place.startsWith(COPIES));
  const rest = list.filter((p) => !p.place.startsWith(COPIES));
  if (copies.length === 0) return rest;
  return [...rest, { place: 'search, history and other views', count: copies.reduce((n, p) => n + p.count, 0) }];
}

/** How much of the person is where, or was. */
export function Places({ erasure: e }: { erasure: Erasure }) {
  const done = e.state === 'done';
  const places = summed((done ? e.erased : e.found) ?? []);
  if (places.length === 0) return null;
  return (
    <DataTable
      head={['Where', { text: done ? 'Erased' : 'Found', numeric: true }]}
      label={done ? 'What was erased' : 'What was found'}
    >
      {places.map((p) => (
        <tr key={p.place}>
          <Td>{sentence(p.place)}</Td>
          <Td numeric>{count(p.count)}</Td>
        </tr>
      ))}
    </DataTable>
  );
}

/** The rows that are about the person, by table. */
export function PersonRows({ ws, erasure: e }: { ws: string; erasure: Erasure }) {
  const tables = useQuery(tablesQuery(ws));
  const rows = e.rows ?? [];
  if (rows.length === 0 || e.state === 'looking') return null;
  return (
    <section aria-label="Rows about this person">
      <h3 className="mb-1 text-sm font-medium text-ink-2">
        {e.state === 'done' ? 'Rows that were about this person' : 'Rows about this person'}
      </h3>
      <ul className="flex flex-col gap-1">
        {rows.map((t) => {
          const name = tables.data?.find((x) => x.id === t.table_id)?.name;
          return (
            <li key={t.table_id} className="flex justify-between gap-3">
              {name ? (
                <Link to={`/w/${ws}/tables/${t.table_id}`} className="truncate text-primary-ink hover:underline">
                  {name}
                </Link>
              ) : (
                <span className="text-ink-2">
                  {t.table_id ? 'A table in the trash' : 'Records sent with a request'}
                </span>
              )}
              <span className="tnum whitespace-nowrap text-ink-2">{plural(t.row_ids.length, 'row')}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What an erasure can't reach, as its certificate says. */
export function Remains({ erasure: e }: { erasure: Erasure }) {
  const says = e.certificate?.statement;
  if (!says) return null;
  const backups = says.backups ?? [];
  return (
    <section aria-label="What remains elsewhere" className="flex flex-col gap-1 text-sm text-ink-2">
      {backups.length > 0 && (
        <>
          <h3 className="font-medium">Backups that still hold the person</h3>
          <ul className="flex flex-col gap-0.5">
            {backups.map((b) => (
              <li key={b.name} className="flex flex-wrap justify-between gap-x-3">
                <span className="break-all">{b.name}</span>
                <span className="whitespace-nowrap">until {dateTime(b.expires_at)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {(says.notes ?? []).map((n) => (
        <p key={n}>{n}</p>
      ))}
    </section>
  );
}
