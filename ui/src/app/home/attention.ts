import type { CreditAccount, Import, Job } from '@/api/types';
import type { Webhook } from '@/features/settings/api/webhooks';
import { creditsLabel, plural } from '@/lib/format';

/** Something that does not go on without a person. */
export interface Item {
  key: string;
  tone: 'danger' | 'warning';
  title: string;
  text: string;
  /** The path inside the workspace. */
  to: string;
}

export interface State {
  jobs?: readonly Job[] | undefined;
  imports?: readonly Import[] | undefined;
  webhooks?: readonly Webhook[] | undefined;
  credits?: CreditAccount | undefined;
}

const DAY_MS = 86_400_000;
/** How long a run or an import that failed is shown; the lists keep it longer. */
const RECENT_MS = 7 * DAY_MS;
const FEW_DAYS = 3;

/** What needs attention, the gravest first. */
export function attention(s: State, tableName: (id: string | undefined) => string, now: number): Item[] {
  const recent = (at: string | undefined): boolean => at !== undefined && now - Date.parse(at) < RECENT_MS;
  const items = [
    ...(s.credits ? ofCredits(s.credits) : []),
    ...(s.jobs ?? []).filter((j) => recent(j.finished_at)).flatMap((j) => ofJob(j, tableName(j.table_id))),
    ...(s.imports ?? []).filter((i) => recent(i.finished_at)).flatMap(ofImport),
    ...(s.webhooks ?? []).flatMap(ofWebhook),
  ];
  return [...items.filter((i) => i.tone === 'danger'), ...items.filter((i) => i.tone === 'warning')];
}

function ofCredits(c: CreditAccount): Item[] {
  const item = (tone: Item['tone'], title: string, text: string): Item[] => [
    { key: 'credits', tone, title, text, to: 'credits' },
  ];
  if (c.closed)
    return item('danger', 'The credit ledger is closed', 'Nothing can be spent until an operator reopens it.');
  if (c.low)
    return item('warning', 'Credits are low', `${creditsLabel(c.available_mc)} left. Runs pause when none are.`);
  if (c.days_left !== undefined && c.days_left < FEW_DAYS)
    return item(
      'warning',
      'Credits run out soon',
      `${creditsLabel(c.available_mc)} left: ${plural(Math.max(1, Math.round(c.days_left)), 'day')} at the present rate.`,
    );
  return [];
}

function ofJob(j: Job, table: string): Item[] {
  const item = (tone: Item['tone'], title: string, text: string): Item[] => [
    { key: j.id, tone, title, text, to: `jobs/${j.id}` },
  ];
  const { failed, total } = j.counts;
  if (j.state === 'failed') return item('danger', `A run on ${table} failed`, j.error ?? 'Open it to see why.');
  if (j.state === 'partially_completed' && failed > 0)
    return item('warning', `A run on ${table} failed for ${plural(failed, 'row')}`, `${plural(total, 'row')} in all.`);
  return [];
}

function ofImport(i: Import): Item[] {
  const item = (tone: Item['tone'], title: string, text: string): Item[] => [
    { key: i.id, tone, title, text, to: `import?id=${i.id}` },
  ];
  if (i.state === 'failed')
    return item('danger', `The import of ${i.filename} failed`, i.error ?? 'Open it to see why.');
  if (i.state === 'partially_completed')
    return item(
      'warning',
      `${i.filename} was imported in part`,
      `${plural(i.counts.failed, 'row')} could not be read.`,
    );
  return [];
}

function ofWebhook(w: Webhook): Item[] {
  const item = (tone: Item['tone'], title: string, text: string): Item[] => [
    { key: w.id, tone, title, text, to: `settings/webhooks/${w.id}` },
  ];
  const host = hostOf(w.url);
  if (!w.enabled && w.off_reason !== 'user')
    return item(
      'danger',
      `The webhook to ${host} is off`,
      'It took nothing for days. Events wait until it is turned on.',
    );
  if (w.enabled && w.failing_since)
    return item('warning', `The webhook to ${host} fails`, `${plural(w.waiting, 'event')} waiting.`);
  return [];
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
