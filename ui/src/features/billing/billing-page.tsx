import { useMutation, useQuery } from '@tanstack/react-query';
import { CreditCard, Hourglass, Info, ShieldCheck, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { creditsQuery } from '@/api/credits';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { BillingState, Plans } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Page } from '@/components/page';
import { Badge, Notice, Skeleton } from '@/components/states';
import { ago, creditsLabel, plural } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { billingQuery, openPortal, plansQuery } from './api/billing';
import { BillsCard } from './components/bills-card';
import { PackCard } from './components/pack-card';
import { PlanCards } from './components/plan-cards';
import { day } from './offer';

const LOOK_MS = 2_000;
const LOOK_FOR_MS = 40_000;

/** While a person is back from a page of Stripe, what was paid for is looked for: Stripe tells of it a moment later. */
function useBack(): boolean {
  const [params] = useSearchParams();
  const [looking, setLooking] = useState(params.has('paid'));
  useEffect(() => {
    if (!looking) return undefined;
    const timer = setTimeout(() => setLooking(false), LOOK_FOR_MS);
    return () => clearTimeout(timer);
  }, [looking]);
  return looking;
}

export function BillingPage() {
  const ws = useWorkspaceId();
  const may = useCan(ws)('billing.manage');
  const looking = useBack();
  const every = { refetchInterval: looking ? LOOK_MS : (false as const) };
  const state = useQuery({ ...billingQuery(ws), ...every });
  const sold = useQuery(plansQuery);
  const account = useQuery({ ...creditsQuery(ws), ...every });
  const error = state.error ?? sold.error;
  return (
    <Page
      title="Billing"
      text="The plan, packs of credits, and what was paid."
      wide
      actions={may && state.data?.customer && <PortalButton ws={ws} />}
    >
      {looking && (
        <Notice icon={<Hourglass size={15} />}>
          Thank you. What was paid for appears here as soon as Stripe has confirmed it.
        </Notice>
      )}
      {error && <Notice tone="danger">{messageOf(error)}</Notice>}
      {state.data?.setup && (
        <Notice tone="warning" icon={<Info size={15} />}>
          {state.data.setup}
        </Notice>
      )}
      {(state.isPending || sold.isPending) && <Skeleton className="h-40" />}
      {state.data && sold.data && (
        <>
          <Current state={state.data} sold={sold.data} available={account.data?.available_mc} ws={ws} />
          {!may && <Notice>The owner or a billing admin can change the plan and buy credits.</Notice>}
          <PlanCards ws={ws} sold={sold.data} state={state.data} may={may} />
          {may && state.data.reconciled && <Reconciled of={state.data.reconciled} />}
          <PackCard ws={ws} sold={sold.data} may={may} />
        </>
      )}
      {may && <BillsCard ws={ws} every={every.refetchInterval} />}
    </Page>
  );
}

/** What the daily comparison with Stripe and the ledger has found. */
function Reconciled({ of }: { of: NonNullable<BillingState['reconciled']> }) {
  const differences = of.differences ?? [];
  if (differences.length === 0) {
    return (
      <Notice tone="success" icon={<ShieldCheck size={15} />}>
        Compared with Stripe and the ledger {ago(of.at)}: {plural(of.objects, 'object')} without a difference.
      </Notice>
    );
  }
  return (
    <Notice tone="danger" icon={<TriangleAlert size={15} />}>
      {plural(differences.length, 'difference')} from Stripe or the ledger, found {ago(of.at)}:
      <ul className="mt-1 list-disc pl-5 text-sm">
        {differences.map((d) => (
          <li key={`${d.object} ${d.what}`} className="break-words">
            {d.object}: {d.what} {d.there} there, {d.here} here
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function PortalButton({ ws }: { ws: string }) {
  const portal = useMutation({
    mutationFn: () => openPortal(ws),
    onSuccess: (sent) => sent.url && window.location.assign(sent.url),
    onError: (e) => toast.error(messageOf(e)),
  });
  return (
    <Button icon={<CreditCard size={14} />} busy={portal.isPending} onClick={() => portal.mutate()}>
      Cards and address
    </Button>
  );
}

interface CurrentProps {
  state: BillingState;
  sold: Plans;
  available: number | undefined;
  ws: string;
}

function Current({ state, sold, available, ws }: CurrentProps) {
  const nameOf = (id: string): string => sold.plans?.find((p) => p.id === id)?.name ?? id;
  const end = state.period_end ? day(state.period_end) : '';
  return (
    <div className="flex flex-col gap-3">
      {state.status === 'past_due' && (
        <Notice tone="danger" icon={<TriangleAlert size={15} />}>
          The last payment has failed. Pay the open invoice below or change the card. Stripe tries a few more times;
          then the plan ends.
        </Notice>
      )}
      <dl className="grid overflow-hidden rounded-lg border border-line bg-surface shadow-sm sm:grid-cols-3">
        <Fact label="Plan">
          {nameOf(state.plan)} {state.status === 'trialing' && <Badge tone="primary">Trial</Badge>}
          {state.status === 'past_due' && <Badge tone="danger">Payment due</Badge>}
        </Fact>
        <Fact label={endLabel(state)}>{state.next_plan ? `${nameOf(state.next_plan)}, ${end}` : end || 'None'}</Fact>
        <Fact label="Available">
          {available === undefined ? '–' : creditsLabel(available)}{' '}
          <Link to={`/w/${ws}/credits`} className="text-sm font-normal text-primary-ink hover:underline">
            Ledger
          </Link>
        </Fact>
      </dl>
    </div>
  );
}

function endLabel(state: BillingState): string {
  if (!state.status) return 'Subscription';
  if (state.cancel_at_period_end) return 'Ends';
  if (state.next_plan) return 'Changes to';
  return state.status === 'trialing' ? 'Trial ends' : 'Renews';
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="border-line p-4 not-first:border-t sm:not-first:border-t-0 sm:not-first:border-l">
      <dt className="text-sm text-ink-2">{label}</dt>
      <dd className="tnum mt-0.5 text-md font-semibold">{children}</dd>
    </div>
  );
}
