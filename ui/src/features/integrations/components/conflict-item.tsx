import { Link } from 'react-router';
import type { SyncConflict } from '@/api/types';
import { Button } from '@/components/button';
import { Shown } from '@/components/shown';
import { ago } from '@/lib/format';
import { DisputeList } from './dispute-list';

export interface ConflictItemProps {
  ws: string;
  table: string;
  conflict: SyncConflict;
  labelOf: (field: string) => string;
  busy: boolean;
  /** Left out for who may not decide. */
  onDecide: ((take: 'ours' | 'theirs') => void) | undefined;
}

/** A record that waits for a decision, with both values of each field. */
export function ConflictItem({ ws, table, conflict: c, labelOf, busy, onDecide }: ConflictItemProps) {
  const name = c.label ?? c.record_id;
  return (
    <li className="flex flex-wrap items-start gap-3 border-b border-line px-4 py-3 last:border-0">
      <div className="flex min-w-0 flex-1 basis-72 flex-col gap-1.5">
        <p className="truncate font-medium">
          <Link to={`/w/${ws}/tables/${table}/rows/${c.row_id}`} className="hover:underline">
            <Shown text={name} />
          </Link>{' '}
          <span className="text-sm font-normal text-ink-3">{ago(c.at)}</span>
        </p>
        {c.disputes.length > 0 ? (
          <DisputeList disputes={c.disputes} labelOf={labelOf} />
        ) : (
          <p className="text-sm text-ink-2">
            {c.fields.map(labelOf).join(', ')}. The values as they were then are erased; both sides are read again.
          </p>
        )}
      </div>
      {onDecide && (
        <div className="flex flex-wrap gap-2">
          <Button
            size="sm"
            disabled={busy}
            aria-label={`Keep the table’s values of ${name}`}
            onClick={() => onDecide('ours')}
          >
            Keep the table’s
          </Button>
          <Button
            size="sm"
            disabled={busy}
            aria-label={`Take the CRM’s values of ${name}`}
            onClick={() => onDecide('theirs')}
          >
            Take the CRM’s
          </Button>
        </div>
      )}
    </li>
  );
}
