import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Lock, Plus } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { providersQuery } from '@/api/providers';
import type { Credential } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Avatar } from '@/components/avatar';
import { Button, IconButton } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { MenuTrigger } from '@/components/menu';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { credentialsQuery, testCredential } from '@/api/credentials';
import { ago, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { deleteCredential } from './api/settings';
import { CredentialDialog } from './components/credential-dialog';
import { CredentialHostsDialog } from './components/credential-hosts-dialog';

export function CredentialsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const manage = can('credentials.manage');
  const list = useQuery(credentialsQuery(ws));
  const providers = useQuery(providersQuery);
  const nameOf = (kind: string): string =>
    (providers.data ?? []).find((p) => p.credential?.kind === kind)?.credential?.name ?? sentence(kind);
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const asked = params.get('add');
  const [dialog, setDialog] = useState<{ rotate: Credential | null } | null>(asked === null ? null : { rotate: null });
  const [hosting, setHosting] = useState<Credential | null>(null);
  const [deleting, setDeleting] = useState<Credential | null>(null);
  const reread = (): Promise<void> => client.invalidateQueries({ queryKey: ['credentials', ws] });
  const test = useMutation({
    mutationFn: (c: Credential) => testCredential(ws, c.id),
    onSuccess: (r, c) => (r.ok ? toast.success(`${c.name}: ${r.message}`) : toast.error(`${c.name}: ${r.message}`)),
  });
  const add = (
    <Button variant="primary" icon={<Plus size={15} />} onClick={() => setDialog({ rotate: null })}>
      Add credential
    </Button>
  );
  return (
    <Page
      title="Credentials"
      text="Keys of the providers you bring yourself. Sealed on this server; nobody can read them back."
      actions={manage && add}
    >
      <Card flush>
        {list.isPending && <SkeletonRows />}
        {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
        {list.data?.length === 0 && (
          <Empty
            icon={<Lock size={20} />}
            title="No credentials"
            text="The built-in providers need none. Add one to use Apollo, Hunter or any HTTP API with your own key."
            action={manage && add}
          />
        )}
        {list.data && list.data.length > 0 && (
          <DataTable
            head={[
              'Name',
              { text: 'Hosts', wide: true },
              { text: 'Secret', wide: true },
              { text: 'Version', wide: true },
              { text: 'Last used', wide: true },
              '',
            ]}
            label="Credentials"
          >
            {list.data.map((c) => (
              <tr key={c.id}>
                <Td>
                  <span className="flex items-center gap-2.5">
                    <Avatar name={c.provider} square size={26} />
                    <span>
                      <span className="block font-medium">{c.name}</span>
                      <span className="block text-sm text-ink-3">{nameOf(c.provider)}</span>
                    </span>
                  </span>
                </Td>
                <Td className="text-sm">
                  {c.hosts.length > 0 ? (
                    <span className="block max-w-60 truncate font-mono text-ink-2" title={c.hosts.join('\n')}>
                      {c.hosts.join(', ')}
                    </span>
                  ) : (
                    <span className="text-danger-ink">None: can’t be used</span>
                  )}
                </Td>
                <Td className="font-mono text-sm text-ink-2">••••{c.masked.replace(/[^a-zA-Z0-9]/g, '').slice(-4)}</Td>
                <Td className="tnum">{c.version}</Td>
                <Td className="whitespace-nowrap text-ink-2">{ago(c.last_used_at)}</Td>
                <Td className="w-10">
                  {manage && (
                    <MenuTrigger
                      label={`Actions for ${c.name}`}
                      align="end"
                      items={[
                        { label: 'Test', onSelect: () => test.mutate(c) },
                        { label: 'Hosts…', onSelect: () => setHosting(c) },
                        { label: 'Rotate', onSelect: () => setDialog({ rotate: c }) },
                        null,
                        { label: 'Delete', danger: true, onSelect: () => setDeleting(c) },
                      ]}
                      trigger={(p) => (
                        <IconButton label={`Actions for ${c.name}`} size="sm" {...p}>
                          <Ellipsis size={16} />
                        </IconButton>
                      )}
                    />
                  )}
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {dialog && (
        <CredentialDialog
          workspaceId={ws}
          rotate={dialog.rotate}
          kind={asked ?? ''}
          onClose={() => {
            setDialog(null);
            if (asked !== null) setParams({}, { replace: true });
          }}
          onSaved={reread}
        />
      )}
      {hosting && (
        <CredentialHostsDialog
          workspaceId={ws}
          credential={hosting}
          onClose={() => setHosting(null)}
          onSaved={reread}
        />
      )}
      {deleting && (
        <Confirm
          title={`Delete “${deleting.name}”?`}
          action="Delete credential"
          danger
          onClose={() => setDeleting(null)}
          onConfirm={async () => {
            try {
              await deleteCredential(ws, deleting.id);
              await reread();
            } catch (e) {
              toast.error(messageOf(e));
              throw e;
            }
          }}
        >
          <p>Enrichment steps that use it fail from now on.</p>
        </Confirm>
      )}
    </Page>
  );
}
