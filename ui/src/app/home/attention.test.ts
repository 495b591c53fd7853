import { describe, expect, it } from 'vitest';
import type { CreditAccount, Import, Job } from '@/api/types';
import type { Webhook } from '@/features/settings/api/webhooks';
import { attention, type State } from './attention';

const now = Date.parse('2026-03-10T12:00:00Z');
const yesterday = '2026-03-09T12:00:00Z';
const lastMonth = '2026-02-01T12:00:00Z';
const credits = (c: Partial<CreditAccount>) => c as CreditAccount;
const job = (state: Job['state'], finished_at = yesterday, failed = 0) =>
  ({ id: 'j', table_id: 't', state, finished_at, counts: { failed, total: 10 } }) as Job;
const file = (state: Import['state'], finished_at = yesterday) =>
  ({ id: 'i', filename: 'leads.csv', state, finished_at, counts: { failed: 2 } }) as Import;
const hook = (w: Partial<Webhook>) => ({ id: 'w', url: 'https://crm.example/in', waiting: 3, ...w }) as Webhook;

describe('what needs attention', () => {
  it.each<[string, State, [string, string][]]>([
    ['nothing', {}, []],
    ['a full account', { credits: credits({ low: false, available_mc: 5_000 }) }, []],
    ['few credits', { credits: credits({ low: true, available_mc: 5_000 }) }, [['warning', 'Credits are low']]],
    [
      'credits for a day',
      { credits: credits({ low: false, available_mc: 9_000, days_left: 1 }) },
      [['warning', 'Credits run out soon']],
    ],
    ['credits for a month', { credits: credits({ low: false, available_mc: 9_000, days_left: 30 }) }, []],
    [
      'a closed ledger, once',
      { credits: credits({ closed: 'x', low: true }) },
      [['danger', 'The credit ledger is closed']],
    ],
    ['a failed run', { jobs: [job('failed')] }, [['danger', 'A run on Leads failed']]],
    ['an old failed run', { jobs: [job('failed', lastMonth)] }, []],
    [
      'a run in part',
      { jobs: [job('partially_completed', yesterday, 4)] },
      [['warning', 'A run on Leads failed for 4 rows']],
    ],
    ['a run in part without failures', { jobs: [job('partially_completed')] }, []],
    ['runs that are well', { jobs: [job('completed'), job('cancelled'), job('running')] }, []],
    ['a failed import', { imports: [file('failed')] }, [['danger', 'The import of leads.csv failed']]],
    ['an import in part', { imports: [file('partially_completed')] }, [['warning', 'leads.csv was imported in part']]],
    ['imports that are well', { imports: [file('completed'), file('cancelled'), file('failed', lastMonth)] }, []],
    [
      'a webhook turned off by failures',
      { webhooks: [hook({ enabled: false, off_reason: 'failures' })] },
      [['danger', 'The webhook to crm.example is off']],
    ],
    ['a webhook turned off by a person', { webhooks: [hook({ enabled: false, off_reason: 'user' })] }, []],
    [
      'a failing webhook',
      { webhooks: [hook({ enabled: true, failing_since: yesterday })] },
      [['warning', 'The webhook to crm.example fails']],
    ],
    ['a webhook that is well', { webhooks: [hook({ enabled: true })] }, []],
    [
      'the gravest first',
      { credits: credits({ low: true, available_mc: 1 }), jobs: [job('failed')] },
      [
        ['danger', 'A run on Leads failed'],
        ['warning', 'Credits are low'],
      ],
    ],
  ])('%s', (_, state, want) => {
    const items = attention(state, () => 'Leads', now);
    expect(items.map((i) => [i.tone, i.title])).toEqual(want);
  });
});
