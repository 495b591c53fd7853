import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { ApiKey, Role } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select } from '@/components/field';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { ShownOnce } from '@/components/shown-once';
import { ago, dateTime, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { apiKeysQuery, createApiKey, revokeApiKey } from './api/settings';

export function ApiKeysPage() {
  const ws = useWorkspaceId();
  const keys = useQuery(apiKeysQuery(ws));
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const reread = (): Promise<void> => client.invalidateQueries({ queryKey: ['api-keys', ws] });
  const create = (
    <Button variant="primary" icon={<Plus size={15} />} onClick={() => setCreating(true)}>
      New key
    </Button>
  );
  return (
    <Page title="API keys" text="For programs that read and write this workspace." actions={create}>
      <Card flush>
        {keys.isPending && <SkeletonRows />}
        {keys.isError && <Notice tone="danger">{messageOf(keys.error)}</Notice>}
        {keys.data?.length === 0 && (
          <Empty
            icon={<KeyRound size={20} />}
            title="No API keys"
            text="A key acts with one role in this workspace. It is shown once."
            action={create}
          />
        )}
        {keys.data && keys.data.length > 0 && (
          <DataTable
            head={[
              'Name',
              { text: 'Key', wide: true },
              'Role',
              { text: 'Last used', wide: true },
              { text: 'Expires', wide: true },
              '',
            ]}
            label="API keys"
          >
            {keys.data.map((k) => (
              <tr key={k.id}>
                <Td className="font-medium">{k.name}</Td>
                <Td className="font-mono text-sm text-ink-2">mk_…{k.last4}</Td>
                <Td>
                  <Badge>{sentence(k.role)}</Badge>
                </Td>
                <Td className="whitespace-nowrap text-ink-2">{ago(k.last_used_at)}</Td>
                <Td className="whitespace-nowrap text-ink-2">{k.expires_at ? dateTime(k.expires_at) : 'never'}</Td>
                <Td className="text-right">
                  <Button size="sm" variant="ghost" onClick={() => setRevoking(k)}>
                    Revoke
                  </Button>
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {creating && <CreateKey ws={ws} onClose={() => setCreating(false)} onCreated={reread} />}
      {revoking && (
        <Confirm
          title={`Revoke “${revoking.name}”?`}
          action="Revoke key"
          danger
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            try {
              await revokeApiKey(ws, revoking.id);
              await reread();
            } catch (e) {
              toast.error(messageOf(e));
              throw e;
            }
          }}
        >
          <p>Programs that use it are refused from now on.</p>
        </Confirm>
      )}
    </Page>
  );
}

const DAY_MS = 86_400_000;

function CreateKey({ ws, onClose, onCreated }: { ws: string; onClose: () => void; onCreated: () => Promise<void> }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [days, setDays] = useState('');
  const create = useMutation({
    mutationFn: () =>
      createApiKey(ws, {
        name: name.trim(),
        role,
        ...(days ? { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() } : {}),
      }),
    onSuccess: onCreated,
  });
  const key = create.data?.key;
  if (key) {
    return <ShownOnce title="Copy the key now" description="It is not shown again." secret={key} onClose={onClose} />;
  }
  return (
    <Dialog
      title="New API key"
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => create.mutate()}
          busy={create.isPending}
          disabled={!name.trim()}
        >
          Create key
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name" hint="What uses it, for example “Zapier”">
          {(ids) => <Input {...ids} value={name} maxLength={100} autoFocus onChange={(e) => setName(e.target.value)} />}
        </Field>
        <Field label="Role">
          {(ids) => (
            <Select {...ids} value={role} onChange={(e) => setRole(e.target.value as Role)}>
              {(['viewer', 'member', 'admin'] as const).map((r) => (
                <option key={r} value={r}>
                  {sentence(r)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Expires">
          {(ids) => (
            <Select {...ids} value={days} onChange={(e) => setDays(e.target.value)}>
              <option value="">Never</option>
              <option value="30">In 30 days</option>
              <option value="90">In 90 days</option>
              <option value="365">In a year</option>
            </Select>
          )}
        </Field>
      </div>
    </Dialog>
  );
}
