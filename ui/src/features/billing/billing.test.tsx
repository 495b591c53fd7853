import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { BillingState, Plan } from '@/api/types';
import { mockNetwork, renderApp } from '@/testing/render-app';
import { money, offerOf } from './offer';

const plan = (id: string, name: string, price: number): Plan => ({
  id,
  name,
  price_cents: price,
  credits_mc: price * 50,
});
const plans = [
  plan('free', 'Free', 0),
  { ...plan('starter', 'Starter', 4900), trial_days: 14 },
  plan('pro', 'Pro', 19900),
];
const none: BillingState = {
  configured: true,
  plan: 'free',
  cancel_at_period_end: false,
  trial_available: true,
  customer: false,
};
const pro: BillingState = {
  ...none,
  plan: 'pro',
  status: 'active',
  period_end: '2026-12-14T09:00:00Z',
  trial_available: false,
};
const labels = (state: BillingState): (string | null)[] =>
  plans.map((p) => offerOf(p, plans, state, 'usd')?.label ?? null);

describe('what choosing a plan does', () => {
  it.each([
    ['without a subscription', none, [null, 'Try Starter for 14 days', 'Choose Pro']],
    ['after the trial', { ...none, trial_available: false }, [null, 'Choose Starter', 'Choose Pro']],
    ['with a plan', pro, ['Cancel the plan', 'Downgrade to Starter', null]],
    ['before a downgrade', { ...pro, next_plan: 'starter' }, ['Cancel the plan', null, 'Keep Pro']],
    ['before the end', { ...pro, cancel_at_period_end: true }, [null, 'Downgrade to Starter', 'Keep Pro']],
    ['with a payment due', { ...pro, status: 'past_due' }, ['Cancel the plan', null, null]],
    ['with the smaller plan', { ...pro, plan: 'starter' }, ['Cancel the plan', null, 'Upgrade to Pro']],
  ] as const)('%s', (_, state, want) => expect(labels(state)).toEqual(want));

  it('shows money without cents that are none', () => {
    expect(money(4900, 'usd')).toBe('$49');
    expect(money(4905, 'eur')).toBe('€49.05');
  });
});

describe('billing', () => {
  mockNetwork();
  const slow = { timeout: 10_000 };

  it('asks before a downgrade and says when it begins', async () => {
    const user = userEvent.setup();
    renderApp('/w/ws_demo/billing');
    const starter = await screen.findByRole('region', { name: 'Starter' }, slow);
    await user.click(within(starter).getByRole('button', { name: 'Downgrade to Starter' }));
    const dialog = await screen.findByRole('dialog', {}, slow);
    expect(within(dialog).getByText(/Pro stays in force until 14 December 2026/)).toBeInTheDocument();
    await user.click(within(dialog).getByRole('button', { name: 'Downgrade to Starter' }));
    expect(await screen.findByText('Starter, 14 December 2026', {}, slow)).toBeInTheDocument();
    expect(await screen.findByRole('button', { name: 'Keep Pro' }, slow)).toBeEnabled();
  });

  it('shows what was paid and the credits that it brought', async () => {
    renderApp('/w/ws_demo/billing');
    const table = await screen.findByRole('region', { name: 'Invoices and payments' }, slow);
    expect(within(table).getByText('+10,000')).toBeInTheDocument();
    expect(within(table).getByText('Credit pack')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Buy 25,000 credits' })).toBeEnabled();
  });
});
