import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { credentialKind, credentialsQuery, fitsProvider, testCredential } from '@/api/credentials';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { providersQuery } from '@/api/providers';
import type { Credential, Provider } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Avatar } from '@/components/avatar';
import { Button } from '@/components/button';
import { Input } from '@/components/field';
import { Card, Page } from '@/components/page';
import { Badge, Notice, SkeletonRows, type Tone } from '@/components/states';
import { holds } from '@/lib/fold';
import { milliseconds, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { DriftNotice } from './components/drift-notice';
import { PriceBadge } from './components/provider-picker';

/** Every provider: what it finds and for what, its price and limits, how it has been doing, and how a key for it is got. */
export function ProvidersPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const providers = useQuery(providersQuery);
  const credentials = useQuery({ ...credentialsQuery(ws), enabled: can('credentials.read') });
  const [text, setText] = useState('');
  const list = (providers.data ?? []).filter((p) =>
    holds(`${p.name} ${p.description} ${p.category} ${p.outputs.map((o) => o.label).join(' ')}`, text),
  );
  return (
    <Page title="Providers" text="Where answers come from. Free ones run here; others take a key of yours." wide>
      <Input
        type="search"
        aria-label="Find a provider"
        placeholder="Find a provider, or what it finds"
        className="max-w-96"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      {providers.isPending && <SkeletonRows />}
      {providers.isError && <Notice tone="danger">{messageOf(providers.error)}</Notice>}
      {providers.data && list.length === 0 && <p className="text-ink-3">No provider fits.</p>}
      <ul className="grid gap-4 md:grid-cols-2">
        {list.map((p) => (
          <li key={p.slug} className="flex">
            <ProviderCard
              provider={p}
              workspaceId={ws}
              keys={(credentials.data ?? []).filter((c) => fitsProvider(c, p))}
              manage={can('credentials.manage')}
            />
          </li>
        ))}
      </ul>
    </Page>
  );
}

const healths: Record<string, { tone: Tone; text: string }> = {
  ok: { tone: 'success', text: 'Well' },
  degraded: { tone: 'warning', text: 'Fails at times' },
  down: { tone: 'danger', text: 'Fails' },
};

function ProviderCard({
  provider: p,
  workspaceId: ws,
  keys,
  manage,
}: {
  provider: Provider;
  workspaceId: string;
  keys: Credential[];
  manage: boolean;
}) {
  const health = healths[p.health.state];
  return (
    <Card className="flex w-full flex-col">
      <div className="flex flex-1 flex-col gap-3">
        <header className="flex items-start gap-3">
          <Avatar name={p.name} square size={32} />
          <div className="min-w-0 flex-1">
            <h2 className="font-semibold">{p.name}</h2>
            <p className="text-sm text-ink-3">{sentence(p.category)}</p>
          </div>
          <PriceBadge provider={p} />
        </header>
        <p className="text-ink-2">{p.description}</p>
        <DriftNotice workspaceId={ws} provider={p.slug} />
        <dl className="grid grid-cols-[80px_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-sm">
          <Fact name="Takes">{p.dynamic ? 'Any columns' : p.inputs.map((i) => i.label).join(', ')}</Fact>
          <Fact name="Finds">{p.dynamic ? 'What you ask for' : p.outputs.map((o) => o.label).join(', ')}</Fact>
          <Fact name="Limits">{limitsOf(p)}</Fact>
          {health && (
            <Fact name="Health">
              <Badge tone={health.tone}>{health.text}</Badge>{' '}
              {p.health.p50_ms > 0 && `half of its answers within ${milliseconds(p.health.p50_ms)}`}
            </Fact>
          )}
          <Fact name="Data">{p.terms}</Fact>
        </dl>
        {p.auth !== 'none' && <Keys provider={p} workspaceId={ws} keys={keys} manage={manage} />}
      </div>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words text-ink-2">{children}</dd>
    </>
  );
}

function limitsOf(p: Provider): string {
  const windows = [
    [p.limits.per_second, 'second'],
    [p.limits.per_minute, 'minute'],
    [p.limits.per_hour, 'hour'],
    [p.limits.per_day, 'day'],
  ] as const;
  const parts = windows.flatMap(([n, unit]) => (n ? [`${String(n)} a ${unit}`] : []));
  if (p.limits.concurrency) parts.push(`${String(p.limits.concurrency)} at once`);
  return parts.join(', ') || 'None of its own';
}

/** The workspace's keys for the provider, each with a test, or how one is got. */
function Keys({
  provider,
  workspaceId: ws,
  keys,
  manage,
}: {
  provider: Provider;
  workspaceId: string;
  keys: Credential[];
  manage: boolean;
}) {
  const test = useMutation({
    mutationFn: (c: Credential) => testCredential(ws, c.id),
    onSuccess: (r, c) => (r.ok ? toast.success(`${c.name}: ${r.message}`) : toast.error(`${c.name}: ${r.message}`)),
    onError: (e) => toast.error(messageOf(e)),
  });
  return (
    <footer className="mt-auto flex flex-col gap-2 border-t border-line pt-3">
      {keys.map((c) => (
        <div key={c.id} className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate">{c.name}</span>
          {manage && (
            <Button size="sm" busy={test.isPending && test.variables.id === c.id} onClick={() => test.mutate(c)}>
              Test
            </Button>
          )}
        </div>
      ))}
      {keys.length === 0 && (
        <p className="text-sm text-ink-2">
          {provider.credential?.how ?? 'Takes a key of your own.'}{' '}
          {provider.credential?.url && (
            <a href={provider.credential.url} target="_blank" rel="noreferrer" className="text-primary-ink underline">
              Get a key
            </a>
          )}
        </p>
      )}
      {manage && (
        <Link
          to={`/w/${ws}/settings/credentials?add=${credentialKind(provider)}`}
          className="text-sm text-primary-ink underline"
        >
          {keys.length ? 'Add another key' : 'Add your key'}
        </Link>
      )}
    </footer>
  );
}
