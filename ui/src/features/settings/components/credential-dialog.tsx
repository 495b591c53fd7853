import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Credential, CredentialKind, Provider } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select } from '@/components/field';
import { Notice } from '@/components/states';
import { providersQuery } from '@/api/providers';
import { createCredential, rotateCredential } from '../api/settings';
import { HostsField, hostsOf } from './hosts-field';

/** Adds a credential, or gives one a new secret. */
export function CredentialDialog({
  workspaceId: ws,
  rotate,
  onClose,
  onSaved,
  kind = '',
}: {
  workspaceId: string;
  rotate: Credential | null;
  /** The kind that is chosen at first. */
  kind?: string;
  onClose: () => void;
  onSaved: () => Promise<void>;
}) {
  const providers = useQuery(providersQuery);
  const kinds = kindsOf(providers.data ?? []);
  const [provider, setProvider] = useState(rotate?.provider ?? kind);
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [hosts, setHosts] = useState('');
  const chosen = provider || (kinds[0]?.kind ?? '');
  const fit = kinds.find((k) => k.kind === chosen);
  const placed = rotate !== null || hostsOf(hosts).length > 0 || (fit?.hosts.length ?? 0) > 0;
  const ready = secret.trim() !== '' && chosen !== '' && placed;
  const save = useMutation({
    mutationFn: async () => {
      const body = { api_key: secret.trim() };
      if (rotate) await rotateCredential(ws, rotate.id, body);
      else
        await createCredential(ws, {
          provider: chosen,
          name: name.trim() || fit?.name || chosen,
          secret: body,
          hosts: hostsOf(hosts),
        });
    },
    onSuccess: async () => {
      onClose();
      await onSaved();
    },
  });
  return (
    <Dialog
      title={rotate ? `New secret for “${rotate.name}”` : 'Add credential'}
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending} disabled={!ready}>
          {rotate ? 'Rotate' : 'Add'}
        </DialogActions>
      }
    >
      <form
        autoComplete="off"
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) save.mutate();
        }}
      >
        {!rotate && (
          <>
            <Field label="Provider" hint={fit?.how && <HowToGet kind={fit} />}>
              {(ids) => (
                <Select {...ids} value={chosen} onChange={(e) => setProvider(e.target.value)}>
                  {kinds.map((k) => (
                    <option key={k.kind} value={k.kind}>
                      {k.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label="Name" optional>
              {(ids) => (
                <Input
                  {...ids}
                  value={name}
                  maxLength={100}
                  placeholder={fit?.name ?? chosen}
                  onChange={(e) => setName(e.target.value)}
                />
              )}
            </Field>
          </>
        )}
        <Field label={fit?.fields[0]?.label ?? 'API key'} hint="Only its last four characters are shown later.">
          {(ids) => (
            <Input
              {...ids}
              type="password"
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              value={secret}
              onChange={(e) => setSecret(e.target.value)}
            />
          )}
        </Field>
        {!rotate && <HostsField value={hosts} onChange={setHosts} usual={fit?.hosts ?? []} />}
        {save.isError && <Notice tone="danger">{messageOf(save.error)}</Notice>}
      </form>
    </Dialog>
  );
}

/** The kinds of credentials that providers take, each once: those of a vendor, and those of providers of their own. */
function kindsOf(providers: Provider[]): CredentialKind[] {
  const kinds = new Map<string, CredentialKind>();
  for (const p of providers) {
    if (p.auth === 'none') continue;
    const kind = p.credential ?? { kind: p.slug, name: p.name, fields: [], hosts: [], how: '', url: '' };
    if (!kinds.has(kind.kind)) kinds.set(kind.kind, kind);
  }
  return [...kinds.values()];
}

function HowToGet({ kind }: { kind: CredentialKind }) {
  return (
    <>
      {kind.how}{' '}
      {kind.url && (
        <a href={kind.url} target="_blank" rel="noreferrer" className="text-primary-ink underline">
          Get a key
        </a>
      )}
    </>
  );
}
