import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Search, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Erasure } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows, type Tone } from '@/components/states';
import { dateTime, sentence } from '@/lib/format';
import { erasuresQuery } from './api/erasures';
import { ErasureDialog } from './components/erasure-dialog';
import { LookDialog } from './components/look-dialog';

const tones: Record<Erasure['state'], Tone> = {
  looking: 'neutral',
  waiting: 'warning',
  erasing: 'neutral',
  done: 'success',
  cancelled: 'neutral',
  failed: 'danger',
};

const rowCount = (e: Erasure): number => (e.rows ?? []).reduce((n, t) => n + (t.row_ids ?? []).length, 0);

/** Looking for everything about a person, and erasing it. */
export function PrivacyPage() {
  const ws = useWorkspaceId();
  const erasures = useQuery(erasuresQuery(ws));
  const client = useQueryClient();
  const [looking, setLooking] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const reread = (): Promise<void> => client.invalidateQueries({ queryKey: ['erasures', ws] });
  const open = erasures.data?.find((e) => e.id === shown);
  const look = (
    <Button variant="primary" icon={<Search size={15} />} onClick={() => setLooking(true)}>
      Find a person
    </Button>
  );
  return (
    <Page title="Privacy" text="Find everything this workspace holds about a person, and erase it." actions={look}>
      <Card flush>
        {erasures.isPending && <SkeletonRows />}
        {erasures.isError && <Notice tone="danger">{messageOf(erasures.error)}</Notice>}
        {erasures.data?.length === 0 && (
          <Empty
            icon={<ShieldCheck size={20} />}
            title="Nobody was erased"
            text="What is found is shown before anything is erased."
            action={look}
          />
        )}
        {erasures.data && erasures.data.length > 0 && (
          <DataTable head={['Asked', 'State', 'Rows', '']} label="Erasures">
            {erasures.data.map((e) => (
              <tr key={e.id}>
                <Td className="whitespace-nowrap">{dateTime(e.requested_at)}</Td>
                <Td>
                  <Badge tone={tones[e.state]}>{sentence(e.state)}</Badge>
                </Td>
                <Td numeric>{rowCount(e)}</Td>
                <Td className="text-right">
                  <Button size="sm" variant="ghost" onClick={() => setShown(e.id)}>
                    {e.state === 'waiting' ? 'Review' : 'Show'}
                  </Button>
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {looking && (
        <LookDialog
          ws={ws}
          onClose={() => setLooking(false)}
          onStarted={async (id) => {
            await reread();
            setShown(id);
          }}
        />
      )}
      {open && <ErasureDialog ws={ws} erasure={open} onClose={() => setShown(null)} onChanged={reread} />}
    </Page>
  );
}
