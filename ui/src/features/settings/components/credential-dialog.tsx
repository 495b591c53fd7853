import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Credential } from '@/api/types';
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
}: {
  workspaceId: string;
  rotate: Credential | null;
  onClose: () => void;
  onSaved: () => Promise<void>;
}) {
  const providers = useQuery(providersQuery);
  const keyed = (providers.data ?? []).filter((p) => p.auth !== 'none');
  const [provider, setProvider] = useState(rotate?.provider ?? '');
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [hosts, setHosts] = useState('');
  const chosen = provider || keyed[0]?.slug || '';
  const ready = secret.trim() !== '' && chosen !== '' && (rotate !== null || hostsOf(hosts).length > 0);
  const save = useMutation({
    mutationFn: async () => {
      const body = { api_key: secret.trim() };
      if (rotate) await rotateCredential(ws, rotate.id, body);
      else
        await createCredential(ws, {
          provider: chosen,
          name: name.trim() || chosen,
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
            <Field label="Provider">
              {(ids) => (
                <Select {...ids} value={chosen} onChange={(e) => setProvider(e.target.value)}>
                  {keyed.map((p) => (
                    <option key={p.slug} value={p.slug}>
                      {p.name}
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
                  placeholder={chosen}
                  onChange={(e) => setName(e.target.value)}
                />
              )}
            </Field>
          </>
        )}
        <Field label="API key" hint="Only its last four characters are shown later.">
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
        {!rotate && <HostsField value={hosts} onChange={setHosts} />}
        {save.isError && <Notice tone="danger">{messageOf(save.error)}</Notice>}
      </form>
    </Dialog>
  );
}
