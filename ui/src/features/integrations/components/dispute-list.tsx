import type { SyncDispute } from '@/api/types';
import { Shown } from '@/components/shown';

export interface DisputeListProps {
  disputes: SyncDispute[];
  labelOf: (field: string) => string;
}

/** Fields that were changed on both sides, with both values. */
export function DisputeList({ disputes, labelOf }: DisputeListProps) {
  return (
    <dl className="grid grid-cols-[minmax(90px,auto)_1fr_1fr] gap-x-3 gap-y-1 text-sm">
      {disputes.map((d) => (
        <div key={d.field} className="contents">
          <dt className="truncate text-ink-3">{labelOf(d.field)}</dt>
          <dd className="min-w-0 break-words">
            <Side name="Table" value={d.ours} holds={d.winner === 'ours'} />
          </dd>
          <dd className="min-w-0 break-words">
            <Side name="CRM" value={d.theirs} holds={d.winner === 'theirs'} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Side({ name, value, holds }: { name: string; value: string; holds: boolean }) {
  return (
    <>
      <span className="text-ink-3">{name}: </span>
      {value === '' ? <span className="text-ink-3 italic">empty</span> : <Shown text={value} />}
      {holds && <span className="text-ink-3"> (holds)</span>}
    </>
  );
}
