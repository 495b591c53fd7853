import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { CrmVendor } from '@/api/types';
import { Card, DataTable, Td } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge } from '@/components/states';
import { ago, sentence } from '@/lib/format';
import { runsQuery } from '../api/integrations';
import { kindOf, runTones, summary } from '../run-text';

/** The last runs of all syncs. */
export function RunList({ ws, vendors }: { ws: string; vendors: CrmVendor[] }) {
  const runs = useQuery(runsQuery(ws));
  if (!runs.data?.length) return null;
  return (
    <Card title="Runs" flush>
      <DataTable
        label="Runs of syncs"
        head={['Sync', { text: 'CRM', wide: true }, 'State', { text: 'What came of it', wide: true }, 'Began']}
      >
        {runs.data.map((r) => (
          <tr key={r.id}>
            <Td>
              <Link to={`/w/${ws}/integrations/runs/${r.id}`} className="font-medium text-primary-ink underline">
                {kindOf(r)}: <Shown text={r.name} />
              </Link>
            </Td>
            <Td>{vendors.find((v) => v.slug === r.vendor)?.name ?? r.vendor}</Td>
            <Td>
              <Badge tone={runTones[r.state]}>{sentence(r.state)}</Badge>
            </Td>
            <Td className="tnum text-ink-2">{summary(r)}</Td>
            <Td className="whitespace-nowrap text-ink-3">{ago(r.started_at)}</Td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}
