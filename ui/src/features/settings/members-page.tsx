import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { Member, Role } from '@/api/types';
import { useWorkspaceId } from '@/api/use-workspace';
import { Avatar } from '@/components/avatar';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select } from '@/components/field';
import { Card, DataTable, Page, Td } from '@/components/page';
import { ShownOnce } from '@/components/shown-once';
import { Badge, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { ago, dateTime, sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { toast } from '@/lib/toasts';
import { membersQuery } from '@/api/members';
import { invitationsQuery, invite, removeMember, revokeInvitation, setRole } from './api/settings';

export const ROLES: { role: Role; text: string }[] = [
  { role: 'owner', text: 'everything, including deleting the workspace' },
  { role: 'admin', text: 'members, keys, credentials and all tables' },
  { role: 'member', text: 'edit tables, import and run enrichments' },
  { role: 'viewer', text: 'read tables, nothing else' },
  { role: 'billing_admin', text: 'credits and bills only' },
];

export function MembersPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const me = useSession((s) => s.user?.id);
  const client = useQueryClient();
  const members = useQuery(membersQuery(ws));
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const manage = can('members.manage');
  const reread = (): Promise<void> => client.invalidateQueries({ queryKey: ['members', ws] });
  const role = useMutation({
    mutationFn: (v: { user: string; role: Role }) => setRole(ws, v.user, v.role),
    onSettled: reread,
  });
  return (
    <Page
      title="Members"
      actions={
        manage && (
          <Button variant="primary" icon={<UserPlus size={15} />} onClick={() => setInviting(true)}>
            Invite
          </Button>
        )
      }
    >
      <Card flush>
        {members.isPending && <SkeletonRows />}
        {members.isError && <Notice tone="danger">{messageOf(members.error)}</Notice>}
        {members.data && (
          <DataTable head={['Name', 'Role', { text: 'Joined', wide: true }, '']} label="Members">
            {members.data.map((m) => (
              <tr key={m.user_id}>
                <Td className="w-full max-w-0 sm:w-auto sm:max-w-[320px]">
                  <span className="flex items-center gap-2.5">
                    <span className="max-sm:hidden">
                      <Avatar name={m.name} size={28} />
                    </span>
                    <span className="min-w-0">
                      <span className="block truncate font-medium">
                        <Shown text={m.name} />{' '}
                        {m.user_id === me && <span className="font-normal text-ink-3">(you)</span>}
                      </span>
                      <span className="block truncate text-sm text-ink-3">{m.email}</span>
                    </span>
                  </span>
                </Td>
                <Td>
                  {manage ? (
                    <Select
                      aria-label={`Role of ${m.name}`}
                      className="!w-28 sm:!w-36"
                      value={m.role}
                      onChange={(e) => role.mutate({ user: m.user_id, role: e.target.value as Role })}
                    >
                      {ROLES.map((r) => (
                        <option key={r.role} value={r.role}>
                          {sentence(r.role)}
                        </option>
                      ))}
                    </Select>
                  ) : (
                    <Badge>{sentence(m.role)}</Badge>
                  )}
                </Td>
                <Td className="whitespace-nowrap text-ink-2">{dateTime(m.joined_at)}</Td>
                <Td className="text-right">
                  {(manage || m.user_id === me) && (
                    <Button size="sm" variant="ghost" onClick={() => setRemoving(m)}>
                      {m.user_id === me ? 'Leave' : 'Remove'}
                    </Button>
                  )}
                </Td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
      {manage && <Invitations ws={ws} />}
      {inviting && <InviteDialog ws={ws} onClose={() => setInviting(false)} />}
      {removing && (
        <Confirm
          title={removing.user_id === me ? 'Leave this workspace?' : `Remove ${removing.name}?`}
          action={removing.user_id === me ? 'Leave' : 'Remove'}
          danger
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            try {
              await removeMember(ws, removing.user_id);
              if (removing.user_id === me) window.location.assign('/');
              else await reread();
            } catch (e) {
              toast.error(messageOf(e));
              throw e;
            }
          }}
        >
          <p>Access ends at once, with all API keys of this person in the workspace.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Invitations({ ws }: { ws: string }) {
  const client = useQueryClient();
  const list = useQuery(invitationsQuery(ws));
  const revoke = useMutation({
    mutationFn: (id: string) => revokeInvitation(ws, id),
    onSettled: () => client.invalidateQueries({ queryKey: ['invitations', ws] }),
  });
  const open = list.data?.filter((i) => i.state === 'open') ?? [];
  if (open.length === 0) return null;
  return (
    <Card title="Invitations" flush>
      <ul>
        {open.map((i) => (
          <li key={i.id} className="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <span className="min-w-0 flex-1 truncate">{i.email}</span>
            <Badge>{sentence(i.role)}</Badge>
            <span className="hidden text-sm text-ink-3 sm:inline">expires {ago(i.expires_at)}</span>
            <Button size="sm" variant="ghost" onClick={() => revoke.mutate(i.id)}>
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function InviteDialog({ ws, onClose }: { ws: string; onClose: () => void }) {
  const [email, setEmail] = useState('');
  const [role, setRoleOf] = useState<Role>('member');
  const client = useQueryClient();
  const [link, setLink] = useState('');
  const send = useMutation({
    mutationFn: () => invite(ws, email.trim(), role),
    onSuccess: async (shown) => {
      if (shown) {
        setLink(shown);
      } else {
        toast.success(`Invitation sent to ${email.trim()}`);
        onClose();
      }
      await client.invalidateQueries({ queryKey: ['invitations', ws] });
    },
  });
  if (link) {
    return (
      <ShownOnce
        title="Pass this link on"
        description={`This server sends no mail. Send the link to ${email.trim()} yourself: it works once, for that address, for 7 days, and is not shown again.`}
        secret={link}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      title="Invite somebody"
      onClose={onClose}
      footer={
        <DialogActions
          onCancel={onClose}
          onSubmit={() => send.mutate()}
          busy={send.isPending}
          disabled={!email.includes('@')}
        >
          Send invitation
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          send.mutate();
        }}
      >
        <Field label="Email">
          {(ids) => <Input {...ids} type="email" value={email} autoFocus onChange={(e) => setEmail(e.target.value)} />}
        </Field>
        <Field label="Role" hint={ROLES.find((r) => r.role === role)?.text}>
          {(ids) => (
            <Select {...ids} value={role} onChange={(e) => setRoleOf(e.target.value as Role)}>
              {ROLES.map((r) => (
                <option key={r.role} value={r.role}>
                  {sentence(r.role)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}
