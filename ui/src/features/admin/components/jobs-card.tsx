import { useQuery } from '@tanstack/react-query';
import type { OperationJob } from '@/api/types';
import { Card, DataTable, Td } from '@/components/page';
import { Badge } from '@/components/states';
import { ago, bytes, count, plural, seconds, sentence } from '@/lib/format';
import { jobsQuery } from '../api/admin';

/** The last rebuilds, verifications, backups and drills; nothing while there was none. */
export function JobsCard() {
  const jobs = useQuery(jobsQuery);
  if (!jobs.data || jobs.data.length === 0) return null;
  return (
    <Card title="Jobs" flush>
      <DataTable head={['Job', 'When', 'State', 'Outcome']} label="Jobs">
        {jobs.data.map((j) => (
          <tr key={j.id}>
            <Td className="whitespace-nowrap">
              {nameOf(j)} <span className="font-medium">{j.projection}</span>
            </Td>
            <Td className="whitespace-nowrap text-ink-2">{ago(j.requested_at)}</Td>
            <Td>
              <Badge tone={j.state === 'done' ? 'success' : j.state === 'failed' ? 'danger' : 'primary'}>
                {sentence(j.state)}
              </Badge>
            </Td>
            <Td className="whitespace-pre-line text-ink-2">{outcome(j)}</Td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}

function nameOf(j: OperationJob): string {
  return j.kind === 'drill' ? 'Restore drill' : sentence(j.kind);
}

function outcome(j: OperationJob): string {
  if (j.error) return j.error;
  if (j.state === 'running') return '';
  if (j.kind === 'backup') return `${j.backup ?? ''}: ${bytes(j.bytes ?? 0)} in ${seconds(j.seconds)}`;
  if (j.kind === 'drill') return `${j.backup ?? ''} holds: restored and ready to serve in ${seconds(j.seconds)}`;
  const parts = [`At position ${count(j.position ?? 0)}`];
  const differs = j.differs ?? [];
  parts.push(differs.length === 0 ? 'no differences' : `differs in ${differs.map((d) => d.table).join(', ')}`);
  if (j.parked > 0) parts.push(plural(j.parked, 'stream') + ' parked');
  return parts.join(', ');
}
