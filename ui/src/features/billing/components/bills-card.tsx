import { useInfiniteQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { messageOf } from '@/api/errors';
import type { Bill } from '@/api/types';
import { Button } from '@/components/button';
import { Card, DataTable, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows, type Tone } from '@/components/states';
import { credits, dateTime, sentence } from '@/lib/format';
import { bills } from '../api/billing';
import { money } from '../offer';

/** Stripe's statuses that say little to people, in other words. */
const words: Record<string, string> = { succeeded: 'Paid', requires_payment_method: 'Not paid' };

function toneOf(status: string): Tone {
  if (status === 'paid' || status === 'succeeded') return 'success';
  return status === 'open' || status === 'requires_payment_method' ? 'warning' : 'neutral';
}

/** Invoices of plans and payments of packs, each with the credits that it brought. */
export function BillsCard({ ws, every }: { ws: string; every: number | false }) {
  const list = useInfiniteQuery({
    queryKey: ['bills', ws],
    queryFn: ({ pageParam }) => bills(ws, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
    refetchInterval: every,
  });
  const all = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Card title="Invoices and payments" flush>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && all.length === 0 && (
        <Empty icon={<ReceiptText size={20} />} title="No invoices yet" text="What you pay for appears here." />
      )}
      {all.length > 0 && (
        <DataTable
          head={[
            { text: 'Date', wide: true },
            'What',
            'Status',
            { text: 'Amount', numeric: true },
            { text: 'Credits', numeric: true, wide: true },
            '',
          ]}
          label="Invoices and payments"
        >
          {all.map((b) => (
            <tr key={b.id}>
              <Td className="whitespace-nowrap text-ink-2">{dateTime(b.created)}</Td>
              <Td className="max-w-[200px] truncate">
                {b.kind === 'pack' ? 'Credit pack' : `Invoice ${b.number ?? ''}`}
              </Td>
              <Td>
                <Badge tone={toneOf(b.status)}>{words[b.status] ?? sentence(b.status)}</Badge>
                {b.refused && <span className="block text-sm text-danger-ink">No credits: {b.refused}</span>}
              </Td>
              <Td numeric className="whitespace-nowrap">
                {money(b.total_cents, b.currency)}
              </Td>
              <Td numeric className="whitespace-nowrap">
                {b.credits_mc > 0 ? `+${credits(b.credits_mc)}` : '0'}
              </Td>
              <Td className="whitespace-nowrap">
                <BillLink bill={b} />
              </Td>
            </tr>
          ))}
        </DataTable>
      )}
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show earlier ones
          </Button>
        </div>
      )}
    </Card>
  );
}

function BillLink({ bill }: { bill: Bill }) {
  const href = bill.status === 'open' ? bill.hosted_url : (bill.pdf ?? bill.hosted_url);
  if (!href) return null;
  return (
    <a href={href} target="_blank" rel="noreferrer" className="text-primary-ink hover:underline">
      {bill.status === 'open' ? 'Pay' : 'View'}
    </a>
  );
}
