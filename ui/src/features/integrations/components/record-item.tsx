import { ExternalLink } from 'lucide-react';
import { Link } from 'react-router';
import type { SyncRecord } from '@/api/types';
import { Shown } from '@/components/shown';
import { Badge } from '@/components/states';
import { capitalised } from '@/lib/run-scope';
import { recordStates, recordTones } from '../run-text';
import { ChangeList } from './change-list';
import { DisputeList } from './dispute-list';

const actions: Record<SyncRecord['action'], string> = {
  none: '',
  create: 'New record',
  update: 'Update',
  archive: 'Archive',
};

export interface RecordItemProps {
  ws: string;
  table: string;
  record: SyncRecord;
  pull?: boolean;
  labelOf: (field: string) => string;
}

/** A row, what becomes of its record, and why. */
export function RecordItem({ ws, table, record: r, pull, labelOf }: RecordItemProps) {
  const made = pull && r.action === 'create' ? 'New row' : actions[r.action];
  const safe = r.url?.startsWith('https://') || r.url?.startsWith('http://127.0.0.1') ? r.url : undefined;
  return (
    <li className="flex flex-col gap-1.5 border-b border-line px-4 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={recordTones[r.state]}>{recordStates[r.state]}</Badge>
        {made && <span className="text-sm text-ink-2">{made}</span>}
        <span className="min-w-0 flex-1 basis-40 truncate font-medium">
          {r.row_id ? (
            <Link to={`/w/${ws}/tables/${table}/rows/${r.row_id}`} className="hover:underline">
              {r.label ? <Shown text={r.label} /> : 'A row'}
            </Link>
          ) : (
            (r.label ?? r.record_id ?? '')
          )}
        </span>
        {safe && (
          <a
            href={safe}
            target="_blank"
            rel="noreferrer"
            className="inline-flex items-center gap-1 text-sm text-primary-ink underline"
          >
            In the CRM <ExternalLink size={12} />
          </a>
        )}
      </div>
      {r.reason && <p className="text-sm text-ink-2">{capitalised(r.reason)}</p>}
      <ChangeList record={r} labelOf={labelOf} />
      {r.disputes && <DisputeList disputes={r.disputes} labelOf={labelOf} />}
    </li>
  );
}
