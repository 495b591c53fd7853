import type { SyncRecord } from '@/api/types';
import { Shown } from '@/components/shown';

/** The fields of a record, each with its value before and after. */
export function ChangeList({ record, labelOf }: { record: SyncRecord; labelOf: (field: string) => string }) {
  if (record.changes.length === 0) return null;
  return (
    <dl className="grid grid-cols-[minmax(90px,auto)_1fr] gap-x-3 gap-y-1 text-sm">
      {record.changes.map((c) => (
        <div key={c.field} className="contents">
          <dt className="truncate text-ink-3">{labelOf(c.field)}</dt>
          <dd className="min-w-0 break-words">
            {c.before !== '' && (
              <>
                <del className="rounded bg-danger-soft px-1 text-danger-ink">
                  <Shown text={c.before} />
                </del>{' '}
              </>
            )}
            {c.after === '' ? (
              <span className="text-ink-3 italic">emptied</span>
            ) : (
              <ins className="rounded bg-success-soft px-1 text-success-ink no-underline">
                <Shown text={c.after} />
              </ins>
            )}
            {c.stored && (
              <span className="text-ink-3">
                {' '}
                kept by the CRM as <Shown text={c.stored} />
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
