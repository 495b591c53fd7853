import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Coins, Download, ShieldCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { CreditAccount } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Select } from '@/components/field';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Badge, Empty, Notice, Skeleton, SkeletonRows } from '@/components/states';
import { count, credits, creditsLabel, dateTime, plural, sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { signedAmount, toneOf } from './amount';
import { creditsQuery } from '@/api/credits';
import { downloadTransactions, proof, transactions } from './api/credits';
import { CapsCard } from './components/caps-card';
import { GrantDialog } from './components/grant-dialog';

export function CreditsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const operator = useSession((s) => s.user?.operator ?? false);
  const account = useQuery(creditsQuery(ws));
  const [granting, setGranting] = useState(false);
  return (
    <Page
      title="Credits"
      text="Every credit is an entry in a hash-chained ledger that you can verify."
      actions={
        <>
          <Button
            icon={<Download size={14} />}
            onClick={() => void downloadTransactions(ws).catch((e: unknown) => toast.error(messageOf(e)))}
          >
            CSV
          </Button>
          {operator && (
            <Button variant="primary" onClick={() => setGranting(true)}>
              Grant credits
            </Button>
          )}
        </>
      }
    >
      {account.isPending && <Skeleton className="h-24" />}
      {account.isError && <Notice tone="danger">{messageOf(account.error)}</Notice>}
      {account.data?.closed && (
        <Notice tone="danger" icon={<TriangleAlert size={15} />}>
          The ledger does not prove, so nothing can be spent or added: {account.data.closed}. An operator must find out
          why and open it again.
        </Notice>
      )}
      {account.data?.low && (
        <Notice tone="warning" icon={<TriangleAlert size={15} />}>
          The balance is low: {creditsLabel(account.data.available_mc)} left. Runs stop cleanly when it is used up.
        </Notice>
      )}
      {account.data && <Balance account={account.data} />}
      {account.data && <CapsCard workspaceId={ws} caps={account.data.caps ?? []} canEdit={can('credits.caps')} />}
      <ProofCard ws={ws} />
      <Transactions ws={ws} />
      {granting && <GrantDialog workspaceId={ws} onClose={() => setGranting(false)} />}
    </Page>
  );
}

function Balance({ account }: { account: CreditAccount }) {
  const facts: [string, string, string][] = [
    ['Available', credits(account.available_mc), 'balance less reservations'],
    ['Balance', credits(account.balance_mc), 'sum of all entries'],
    ['Reserved', credits(account.reserved_mc), 'held for open runs'],
    [
      'Per day',
      credits(account.burn_rate_mc_per_day),
      account.days_left != null
        ? `${plural(Math.floor(account.days_left), 'day')} left at this rate`
        : 'mean of the last 7 days',
    ],
  ];
  return (
    <dl className="grid overflow-hidden rounded-lg border border-line bg-surface shadow-sm sm:grid-cols-4">
      {facts.map(([label, value, hint], i) => (
        <div key={label} className={i > 0 ? 'border-t border-line p-4 sm:border-t-0 sm:border-l' : 'p-4'}>
          <dt className="text-sm text-ink-2">{label}</dt>
          <dd className="tnum mt-0.5 text-xl font-semibold">{value}</dd>
          <dd className="text-sm text-ink-3">{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

function ProofCard({ ws }: { ws: string }) {
  const verify = useMutation({ mutationFn: () => proof(ws) });
  const { data } = verify;
  return (
    <Card
      title="Proof"
      text="Recomputes the whole chain, entry by entry, with its signatures, and compares it with the heads that were signed each day and the balance above."
      actions={
        <Button size="sm" icon={<ShieldCheck size={14} />} busy={verify.isPending} onClick={() => verify.mutate()}>
          Verify
        </Button>
      }
    >
      {!data && (
        <p className="text-ink-2">
          Each entry holds the hash of the one before it and is signed. Verify to see that none was changed, added or
          removed.
        </p>
      )}
      {data && (
        <div className="flex flex-col gap-2">
          <Notice
            tone={data.ok ? 'success' : 'danger'}
            icon={data.ok ? <ShieldCheck size={16} /> : <TriangleAlert size={16} />}
          >
            {data.ok
              ? `Verified: ${plural(data.entries, 'entry', 'entries')}. ${credits(data.brought_in_mc)} brought in, ${credits(data.spent_mc)} spent, ${credits(data.available_mc)} available.`
              : `The ledger does not prove. Entry ${count(data.first_bad?.seq ?? 0)}: ${data.first_bad?.reason ?? ''}`}
          </Notice>
          <p className="truncate text-sm text-ink-3">
            Head {count(data.head_seq)} · <code className="font-mono">{data.head_hash}</code>
          </p>
        </div>
      )}
    </Card>
  );
}

const KINDS = [
  '',
  'purchase',
  'grant',
  'trial',
  'reservation',
  'release',
  'debit',
  'refund',
  'adjustment',
  'expiry',
  'seal',
];

function Transactions({ ws }: { ws: string }) {
  const [kind, setKind] = useState('');
  const client = useQueryClient();
  const list = useInfiniteQuery({
    queryKey: ['credit-transactions', ws, kind],
    queryFn: ({ pageParam }) => transactions(ws, kind, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.meta.next_cursor,
  });
  const entries = list.data?.pages.flatMap((p) => p.data ?? []) ?? [];
  return (
    <Card
      title="Transactions"
      flush
      actions={
        <div className="flex gap-2">
          <Select aria-label="Kind" className="!w-36" value={kind} onChange={(e) => setKind(e.target.value)}>
            {KINDS.map((k) => (
              <option key={k} value={k}>
                {k ? sentence(k) : 'All kinds'}
              </option>
            ))}
          </Select>
          <Button size="md" onClick={() => void client.invalidateQueries({ queryKey: ['credit-transactions', ws] })}>
            Refresh
          </Button>
        </div>
      }
    >
      {list.isPending && <SkeletonRows />}
      {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
      {list.isSuccess && entries.length === 0 && (
        <Empty
          icon={<Coins size={20} />}
          title="No entries yet"
          text="Grants, reservations and debits appear here as they happen."
        />
      )}
      {entries.length > 0 && (
        <DataTable
          head={[
            { text: '#', wide: true },
            'When',
            'Kind',
            { text: 'Amount', numeric: true },
            { text: 'Balance', numeric: true, wide: true },
            { text: 'Note', wide: true },
          ]}
          label="Transactions"
        >
          {entries.map((t) => (
            <tr key={t.seq}>
              <Td className="tnum text-ink-3">{t.seq}</Td>
              <Td className="whitespace-nowrap text-ink-2">{dateTime(t.at)}</Td>
              <Td>
                <Badge tone={toneOf(t.kind)}>{sentence(t.kind)}</Badge>
              </Td>
              <Td numeric className="whitespace-nowrap">
                {signedAmount(t)}
              </Td>
              <Td numeric className="whitespace-nowrap">
                {credits(t.balance_after_mc)}
              </Td>
              <Td className="max-w-[220px] truncate text-ink-2">
                {t.note ?? (t.lines ? plural(t.lines, 'cell') : '')}
              </Td>
            </tr>
          ))}
        </DataTable>
      )}
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show earlier entries
          </Button>
        </div>
      )}
    </Card>
  );
}
