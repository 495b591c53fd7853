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

const rowCount = (e: Erasure): number => (e.rows ?? []).reduce((n, t) => n + t.row_ids.length, 0);

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
          <DataTable head={['Asked', 'State', { text: 'Rows', numeric: true, wide: true }, '']} label="Erasures">
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
      <Card title="What an erasure does">
        <ul className="flex list-disc flex-col gap-1.5 pl-4 text-base text-ink-2">
          <li>
            Rows about the person go with their history; elsewhere only the address or number is taken out of the text.
          </li>
          <li>
            From the confirmation on the person is kept out: imports leave such rows out and say so, runs skip the cell,
            and edits, pastes, webhooks and CRMs are refused. What is kept for that are keyed hashes, not the addresses.
          </li>
          <li>A name is not kept out by itself, since others may have it too.</li>
          <li>The certificate names the backups that still hold the person, and until when.</li>
        </ul>
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
