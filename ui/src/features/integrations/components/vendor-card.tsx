import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CrmConnection, CrmVendor } from '@/api/types';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Field, Input } from '@/components/field';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Badge, Notice } from '@/components/states';
import { ago, count } from '@/lib/format';
import { capitalised } from '@/lib/run-scope';
import { toast } from '@/lib/toasts';
import { connect, disconnect } from '../api/integrations';

export interface VendorCardProps {
  ws: string;
  vendor: CrmVendor;
  connections: CrmConnection[];
  mayConnect: boolean;
}

/** A CRM with the accounts of it that are connected. */
export function VendorCard({ ws, vendor, connections, mayConnect }: VendorCardProps) {
  const [instance, setInstance] = useState('');
  const begin = useMutation({
    mutationFn: (id?: string) =>
      connect(ws, vendor.slug, {
        ...(id ? { connection_id: id } : {}),
        ...(instance.trim() ? { instance: instance.trim() } : {}),
      }),
    onSuccess: (url) => window.location.assign(url),
  });
  return (
    <Card
      title={vendor.name}
      text={vendor.objects.map((o) => o.name).join(', ')}
      actions={
        mayConnect &&
        vendor.configured && (
          <Button
            size="sm"
            variant={connections.length === 0 ? 'primary' : 'secondary'}
            busy={begin.isPending}
            onClick={() => begin.mutate(undefined)}
          >
            {connections.length === 0 ? 'Connect' : 'Connect another account'}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-3">
        {!vendor.configured && (
          <Notice>
            <div className="flex flex-col gap-1">
              <span>Not set up on this installation yet.</span>
              {vendor.setup && <span className="text-sm break-words">{capitalised(vendor.setup)}.</span>}
              <span className="text-sm">
                Redirect address: <code className="break-all">{vendor.redirect_url}</code>
              </span>
            </div>
          </Notice>
        )}
        {vendor.terms && <p className="text-sm text-ink-2">{vendor.terms}</p>}
        {vendor.limits.length > 0 && (
          <p className="text-sm text-ink-3">
            Limit: {vendor.limits.map((l) => `${count(l.calls)} calls in ${windowText(l.seconds)}`).join(', ')}. Runs
            keep within it.
          </p>
        )}
        {mayConnect && vendor.configured && vendor.instances && (
          <Field label="Login address" optional hint={`${capitalised(vendor.instances)}.`}>
            {(ids) => <Input {...ids} maxLength={100} value={instance} onChange={(e) => setInstance(e.target.value)} />}
          </Field>
        )}
        {connections.map((c) => (
          <Account
            key={c.id}
            ws={ws}
            vendor={vendor}
            connection={c}
            mayConnect={mayConnect}
            onAgain={() => begin.mutate(c.id)}
          />
        ))}
        {vendor.configured && connections.length === 0 && (
          <p className="text-sm text-ink-3">
            {mayConnect ? 'No account is connected.' : 'No account is connected. An admin can connect one.'}
          </p>
        )}
      </div>
    </Card>
  );
}

function windowText(seconds: number): string {
  if (seconds >= 86_400) return seconds === 86_400 ? 'a day' : `${count(seconds / 86_400)} days`;
  return seconds === 1 ? 'a second' : `${count(seconds)} seconds`;
}

interface AccountProps {
  ws: string;
  vendor: CrmVendor;
  connection: CrmConnection;
  mayConnect: boolean;
  onAgain: () => void;
}

function Account({ ws, vendor, connection: c, mayConnect, onAgain }: AccountProps) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const end = async (): Promise<void> => {
    const done = await disconnect(ws, c.id);
    if (done.revoked) toast.success(`${vendor.name} is disconnected`);
    else toast.error(`Disconnected here, but not ended at ${vendor.name}: ${done.reason ?? ''}. End it there, too.`);
    await client.invalidateQueries({ queryKey: ['crm-connections', ws] });
  };
  const lost = c.state === 'needs_reconnect';
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line px-3 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={lost ? 'danger' : 'success'}>{lost ? 'Needs reconnecting' : 'Connected'}</Badge>
        <span className="min-w-0 flex-1 basis-32 truncate font-medium">
          <Shown text={c.account.name || c.account.id} />
        </span>
        <span className="text-sm text-ink-3">{ago(c.connected_at)}</span>
      </div>
      {c.error && <p className="text-sm text-danger-ink">{capitalised(c.error)}</p>}
      {mayConnect && (
        <div className="flex flex-wrap gap-2">
          {(lost || c.error) && vendor.configured && (
            <Button size="sm" onClick={onAgain}>
              Connect again
            </Button>
          )}
          <Button size="sm" variant="ghost" onClick={() => setAsking(true)}>
            Disconnect
          </Button>
        </div>
      )}
      {asking && (
        <Confirm
          title={`Disconnect ${c.account.name || vendor.name}?`}
          action="Disconnect"
          danger
          onConfirm={end}
          onClose={() => setAsking(false)}
        >
          <p>
            The access is revoked and its tokens are erased. Records in {vendor.name} stay. Syncs over this connection
            can’t run any more, and which row belongs to which record is forgotten.
          </p>
        </Confirm>
      )}
    </div>
  );
}
