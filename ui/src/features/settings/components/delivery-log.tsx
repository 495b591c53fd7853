import { useInfiniteQuery } from '@tanstack/react-query';
import { ListChecks } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Select } from '@/components/field';
import { Card, DataTable, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows, type Tone } from '@/components/states';
import { ago, dateTime, sentence } from '@/lib/format';
import { deliveriesQuery, type DeliveryState, type Webhook } from '../api/webhooks';
import { DeliveryDialog } from './delivery-dialog';

export const tone: Record<DeliveryState, Tone> = { delivered: 'success', waiting: 'warning', failed: 'danger' };

/** What was sent and what waits. */
export function DeliveryLog({ workspaceId: ws, webhook }: { workspaceId: string; webhook: Webhook }) {
  const [state, setState] = useState<DeliveryState | ''>('');
  const [open, setOpen] = useState<number | null>(null);
  const log = useInfiniteQuery(deliveriesQuery(ws, webhook.id, state));
  const list = log.data?.pages.flatMap((p) => p.list) ?? [];
  return (
    <Card
      title="Deliveries"
      flush
      actions={
        <div className="w-36">
          <Select
            aria-label="Show deliveries"
            value={state}
            onChange={(e) => setState(e.target.value as DeliveryState | '')}
          >
            <option value="">All</option>
            <option value="delivered">Delivered</option>
            <option value="waiting">Waiting</option>
            <option value="failed">Failed</option>
          </Select>
        </div>
      }
    >
      {log.isPending && <SkeletonRows />}
      {log.isError && <Notice tone="danger">{messageOf(log.error)}</Notice>}
      {log.data && list.length === 0 && (
        <Empty
          icon={<ListChecks size={20} />}
          title={state ? 'None' : 'Nothing sent yet'}
          text={
            state
              ? 'No delivery is in this state.'
              : 'The next event that the filter chooses appears here; or send a test.'
          }
        />
      )}
      {list.length > 0 && (
        <DataTable
          head={[
            'Event',
            'State',
            { text: 'Answer', wide: true },
            { text: 'Tries', numeric: true, wide: true },
            { text: 'Since', wide: true },
            '',
          ]}
          label="Deliveries"
        >
          {list.map((d) => (
            <tr key={d.position}>
              <Td className="w-full max-w-0 sm:w-auto sm:max-w-80">
                <span className="block truncate font-medium" title={d.type}>
                  {d.type}
                </span>
                <span className="tnum block text-sm text-ink-3">position {d.position}</span>
              </Td>
              <Td>
                <Badge tone={tone[d.state]}>{sentence(d.state)}</Badge>
              </Td>
              <Td className="max-w-72 text-sm text-ink-2">
                {d.error ? d.error : d.status}
                {d.next_at && d.attempts > 0 && (
                  <span className="block text-ink-3">next try {dateTime(d.next_at)}</span>
                )}
              </Td>
              <Td numeric>{d.attempts}</Td>
              <Td className="whitespace-nowrap text-ink-2">{ago(d.created_at)}</Td>
              <Td className="text-right">
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={`Details of ${d.position}`}
                  onClick={() => setOpen(d.position)}
                >
                  Details
                </Button>
              </Td>
            </tr>
          ))}
        </DataTable>
      )}
      {log.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {open !== null && (
        <DeliveryDialog workspaceId={ws} webhook={webhook} position={open} onClose={() => setOpen(null)} />
      )}
    </Card>
  );
}
