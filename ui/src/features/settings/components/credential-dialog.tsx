import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Credential } from '@/api/types';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select } from '@/components/field';
import { providersQuery } from '@/api/providers';
import { createCredential, rotateCredential } from '../api/settings';

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
  const chosen = provider || keyed[0]?.slug || '';
  const save = useMutation({
    mutationFn: async () => {
      const body = { api_key: secret.trim() };
      if (rotate) await rotateCredential(ws, rotate.id, body);
      else await createCredential(ws, { provider: chosen, name: name.trim() || chosen, secret: body });
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
        <DialogActions
          onCancel={onClose}
          onSubmit={() => save.mutate()}
          busy={save.isPending}
          disabled={!secret.trim() || !chosen}
        >
          {rotate ? 'Rotate' : 'Add'}
        </DialogActions>
      }
    >
      <form
        autoComplete="off"
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          if (secret.trim()) save.mutate();
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
      </form>
    </Dialog>
  );
}
