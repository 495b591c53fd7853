import { useState } from 'react';
import { useNavigate } from 'react-router';
import { z } from 'zod';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Field, Input, Select } from '@/components/field';
import { Card, Page } from '@/components/page';
import { Notice } from '@/components/states';
import { loadMe } from '@/api/me';
import { useForm } from '@/api/use-form';
import { sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { timeZones, zoneName } from '@/lib/time-zones';
import { toast } from '@/lib/toasts';
import { changeWorkspace, deleteWorkspace } from './api/settings';

const schema = z.object({
  name: z.string().trim().min(1, 'Give it a name').max(100),
  slug: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Lower-case letters, digits and single hyphens'),
  time_zone: z.string(),
});

export function WorkspacePage() {
  const ws = useWorkspaceId();
  const can = useCan(ws);
  const workspace = useSession((s) => s.workspaces.find((w) => w.id === ws));
  const [deleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const form = useForm(schema, async (settings) => {
    await changeWorkspace(ws, settings);
    await loadMe();
    toast.success('Workspace saved');
  });
  if (!workspace) return null;
  const edit = can('workspace.update');
  return (
    <Page title="Workspace" text={`You are ${sentence(workspace.role).toLowerCase()} here.`}>
      <Card>
        <form onSubmit={form.submit} noValidate className="flex max-w-md flex-col gap-4">
          {form.error && <Notice tone="danger">{form.error}</Notice>}
          <Field label="Name" error={form.errorOf('name')}>
            {(ids) => <Input {...ids} name="name" defaultValue={workspace.name} disabled={!edit} maxLength={100} />}
          </Field>
          <Field label="Slug" hint="The short name, unique on this server." error={form.errorOf('slug')}>
            {(ids) => <Input {...ids} name="slug" defaultValue={workspace.slug} disabled={!edit} />}
          </Field>
          <Field
            label="Time zone"
            hint="Where the days and weeks of the analytics begin."
            error={form.errorOf('time_zone')}
          >
            {(ids) => (
              <Select {...ids} name="time_zone" defaultValue={workspace.time_zone} disabled={!edit}>
                {timeZones(workspace.time_zone).map((zone) => (
                  <option key={zone} value={zone}>
                    {zoneName(zone)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {edit && (
            <div>
              <Button type="submit" variant="primary" busy={form.busy}>
                Save
              </Button>
            </div>
          )}
        </form>
      </Card>
      {can('workspace.delete') && (
        <Card title="Delete the workspace">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="max-w-[52ch] text-ink-2">
              All tables, members and credits go. It can be restored for 30 days, then it is erased for good.
            </p>
            <Button variant="danger" onClick={() => setDeleting(true)}>
              Delete workspace
            </Button>
          </div>
        </Card>
      )}
      {deleting && (
        <Confirm
          title={`Delete “${workspace.name}”?`}
          action="Delete workspace"
          danger
          typed={workspace.name}
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            try {
              await deleteWorkspace(ws, workspace.name);
              await loadMe();
              await navigate('/');
            } catch (e) {
              toast.error(messageOf(e));
              throw e;
            }
          }}
        >
          <p>Everybody loses access at once.</p>
        </Confirm>
      )}
    </Page>
  );
}
