import type { BillingState, Plan } from '@/api/types';

/** What choosing a plan does, as its button says it; null where there is nothing to choose. */
export interface Offer {
  label: string;
  /** What is asked before; null where Stripe's page asks itself. */
  asks: { title: string; text: string; danger?: true } | null;
  primary?: true;
}

export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency: currency.toUpperCase(),
    trailingZeroDisplay: 'stripIfInteger',
  }).format(cents / 100);
}
/** "31 March 2026". */
export function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', { dateStyle: 'long' });
}

export function offerOf(plan: Plan, plans: Plan[], state: BillingState, currency: string): Offer | null {
  const current = plans.find((p) => p.id === state.plan);
  const end = state.period_end ? day(state.period_end) : 'the end of the period';
  const leaving = state.cancel_at_period_end || Boolean(state.next_plan);
  if (plan.id === state.plan) {
    if (!state.status || !leaving) return null;
    return { label: `Keep ${plan.name}`, asks: null, primary: true };
  }
  if (!state.status) {
    if (plan.price_cents === 0) return null;
    const trial = plan.trial_days && state.trial_available;
    return {
      label: trial ? `Try ${plan.name} for ${plan.trial_days} days` : `Choose ${plan.name}`,
      asks: null,
      primary: true,
    };
  }
  if (plan.price_cents === 0) {
    if (state.cancel_at_period_end) return null;
    return {
      label: 'Cancel the plan',
      asks: {
        title: `Cancel ${current?.name ?? 'the plan'}?`,
        text: `It stays in force until ${end}. Credits that you have stay yours.`,
        danger: true,
      },
    };
  }
  if (state.next_plan === plan.id || state.status === 'past_due') return null; // what is due is paid first
  if (current && plan.price_cents < current.price_cents) {
    return {
      label: `Downgrade to ${plan.name}`,
      asks: {
        title: `Downgrade to ${plan.name}?`,
        text: `${current.name} stays in force until ${end}; from then on it is ${money(plan.price_cents, currency)} a month.`,
      },
    };
  }
  return {
    label: `Upgrade to ${plan.name}`,
    primary: true,
    asks: {
      title: `Upgrade to ${plan.name}?`,
      text:
        state.status === 'trialing'
          ? `The trial ends, and ${money(plan.price_cents, currency)} for the first month is charged now.`
          : 'It is in force at once. The difference for what is left of the month is charged now, and brings its credits.',
    },
  };
}
