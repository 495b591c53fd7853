import type { Router } from './http.ts';

/** Billing of the in-memory server: a workspace on Pro that has bought a pack, and whose downgrade is scheduled when it is asked for. */
export function billingRoutes(r: Router): void {
  const state = {
    configured: true,
    plan: 'pro',
    status: 'active',
    period_end: '2026-12-14T09:00:00Z',
    cancel_at_period_end: false,
    next_plan: undefined as string | undefined,
    trial_available: false,
    customer: true,
    reconciled: { at: '2026-11-22T06:00:00Z', objects: 3, differences: [] },
  };
  const plan = (id: string, name: string, dollars: number, credits: number) => ({
    id,
    name,
    price_cents: dollars * 100,
    credits_mc: credits * 1000,
  });
  r.on('GET', '/billing/plans', () => ({
    data: {
      configured: true,
      currency: 'usd',
      plans: [
        plan('free', 'Free', 0, 100),
        { ...plan('starter', 'Starter', 49, 2_000), trial_days: 14, trial_credits_mc: 500_000 },
        plan('pro', 'Pro', 199, 10_000),
        plan('enterprise', 'Enterprise', 499, 50_000),
      ],
      packs: [
        { id: 'credits_1000', credits_mc: 1_000_000, price_cents: 10_00 },
        { id: 'credits_5000', credits_mc: 5_000_000, price_cents: 40_00 },
        { id: 'credits_25000', credits_mc: 25_000_000, price_cents: 150_00 },
      ],
    },
  }));
  r.on('GET', 'W/billing', () => ({ data: state }));
  r.on('GET', 'W/billing/invoices', () => ({
    data: [
      {
        id: 'in_2',
        kind: 'invoice',
        number: 'A-0002',
        status: 'paid',
        currency: 'usd',
        total_cents: 199_00,
        credits_mc: 10_000_000,
        created: '2026-11-14T09:00:00Z',
        hosted_url: 'https://invoice.example/in_2',
        pdf: 'https://invoice.example/in_2/pdf',
      },
      {
        id: 'pi_1',
        kind: 'pack',
        status: 'succeeded',
        currency: 'usd',
        total_cents: 40_00,
        credits_mc: 5_000_000,
        created: '2026-11-02T09:00:00Z',
      },
    ],
  }));
  r.on('POST', 'W/billing/checkout', ({ body }) => {
    const wanted = (body as { plan: string }).plan;
    const change = wanted === 'free' ? 'cancel' : wanted === state.plan ? 'reactivate' : 'downgrade';
    state.cancel_at_period_end = change === 'cancel';
    state.next_plan = change === 'downgrade' ? wanted : undefined;
    return { data: { change } };
  });
  r.on('POST', 'W/billing/portal', () => ({ data: { url: 'https://billing.example/portal' } }));
  r.on('POST', 'W/billing/credits/purchase', () => ({ data: { url: 'https://checkout.example/pay' } }));
}
