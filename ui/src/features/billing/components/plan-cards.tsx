import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { BillingState, Plan, Plans } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Badge } from '@/components/states';
import { cx } from '@/lib/cx';
import { creditsLabel } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { choosePlan } from '../api/billing';
import { day, money, offerOf, type Offer } from '../offer';

const done: Record<string, string> = {
  upgrade: 'The plan is being upgraded',
  downgrade: 'The downgrade is scheduled',
  cancel: 'The plan ends with the period',
  reactivate: 'The plan goes on',
  none: 'Nothing needed to change',
};

/** The plans beside each other, with what choosing each would do. */
export function PlanCards({ ws, sold, state, may }: { ws: string; sold: Plans; state: BillingState; may: boolean }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<{ plan: Plan; offer: Offer } | null>(null);
  const plans = sold.plans ?? [];
  const choose = useMutation({
    mutationFn: (plan: string) => choosePlan(ws, plan),
    onSuccess: async (sent) => {
      if (sent.url) {
        window.location.assign(sent.url);
        return;
      }
      await Promise.all([
        client.invalidateQueries({ queryKey: ['billing', ws] }),
        client.invalidateQueries({ queryKey: ['bills', ws] }),
        client.invalidateQueries({ queryKey: ['credits', ws] }),
      ]);
      toast.success(done[sent.change ?? 'none'] ?? 'Done');
    },
    onError: (e) => toast.error(messageOf(e)),
  });
  return (
    <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
      {plans.map((plan) => {
        const offer = offerOf(plan, plans, state, sold.currency);
        const current = plan.id === state.plan;
        return (
          <section
            key={plan.id}
            aria-label={plan.name}
            className={cx(
              'flex flex-col rounded-lg border bg-surface p-4 shadow-sm',
              current ? 'border-primary' : 'border-line',
            )}
          >
            <header className="flex items-center justify-between gap-2">
              <h2 className="text-md font-semibold">{plan.name}</h2>
              {current && <Badge tone="primary">Current</Badge>}
              {state.next_plan === plan.id && <Badge>From {day(state.period_end ?? '')}</Badge>}
            </header>
            <p className="mt-2">
              <span className="tnum text-xl font-semibold">{money(plan.price_cents, sold.currency)}</span>
              <span className="text-sm text-ink-3"> a month</span>
            </p>
            <ul className="mt-3 flex flex-1 flex-col gap-1.5 text-ink-2">
              <Line>{creditsLabel(plan.credits_mc)} a month</Line>
              {plan.price_cents > 0 && plan.credits_mc > 0 && (
                <Line>{money((plan.price_cents * 1_000_000) / plan.credits_mc, sold.currency)} for 1,000 credits</Line>
              )}
              {plan.trial_days && state.trial_available && (
                <Line>
                  {plan.trial_days} days to try, without a card, with {creditsLabel(plan.trial_credits_mc ?? 0)}
                </Line>
              )}
            </ul>
            {may && offer && (
              <Button
                className="mt-4 w-full"
                variant={offer.primary ? 'primary' : 'secondary'}
                disabled={choose.isPending || !state.configured}
                busy={choose.isPending && choose.variables === plan.id}
                onClick={() => (offer.asks ? setAsking({ plan, offer }) : choose.mutate(plan.id))}
              >
                {offer.label}
              </Button>
            )}
          </section>
        );
      })}
      {asking?.offer.asks && (
        <Confirm
          title={asking.offer.asks.title}
          action={asking.offer.label}
          danger={asking.offer.asks.danger ?? false}
          onConfirm={() => choose.mutateAsync(asking.plan.id)}
          onClose={() => setAsking(null)}
        >
          <p>{asking.offer.asks.text}</p>
        </Confirm>
      )}
    </div>
  );
}

function Line({ children }: { children: React.ReactNode }) {
  return (
    <li className="flex gap-2">
      <Check size={15} className="mt-0.5 shrink-0 text-success" />
      <span className="min-w-0">{children}</span>
    </li>
  );
}
