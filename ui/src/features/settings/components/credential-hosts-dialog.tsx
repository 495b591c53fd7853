import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Credential } from '@/api/types';
import { messageOf } from '@/api/errors';
import { Dialog, DialogActions } from '@/components/dialog';
import { Notice } from '@/components/states';
import { changeCredentialHosts } from '../api/settings';
import { HostsField, hostsOf } from './hosts-field';

/** Says which hosts a credential may be sent to. */
export function CredentialHostsDialog({
  workspaceId: ws,
  credential,
  onClose,
  onSaved,
}: {
  workspaceId: string;
  credential: Credential;
  onClose: () => void;
  onSaved: () => Promise<void>;
}) {
  const [text, setText] = useState(credential.hosts.join('\n'));
  const save = useMutation({
    mutationFn: () => changeCredentialHosts(ws, credential.id, hostsOf(text)),
    onSuccess: async () => {
      onClose();
      await onSaved();
    },
  });
  return (
    <Dialog
      title={`Hosts of “${credential.name}”`}
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending}>
          Save
        </DialogActions>
      }
    >
      <div className="flex flex-col gap-4">
        <HostsField value={text} onChange={setText} />
        {save.isError && <Notice tone="danger">{messageOf(save.error)}</Notice>}
      </div>
    </Dialog>
  );
}
