import { useNavigate } from 'react-router';
import { z } from 'zod';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Notice } from '@/components/states';
import { useSession } from '@/lib/session';
import { loadMe } from '@/api/me';
import { AuthCard } from '@/features/auth/components/auth-card';
import { useForm } from '@/api/use-form';
import { createWorkspace } from './api/workspaces';

const schema = z.object({ name: z.string().trim().min(1, 'Give it a name').max(100) });

export function WelcomePage() {
  const navigate = useNavigate();
  const user = useSession((s) => s.user);
  const first = useSession((s) => s.workspaces.length === 0);
  const form = useForm(schema, async ({ name }) => {
    const workspace = await createWorkspace(name);
    await loadMe();
    await navigate(`/w/${workspace.id}`);
  });
  return (
    <AuthCard
      title={first ? `Welcome, ${user?.name ?? ''}` : 'New workspace'}
      text="A workspace holds your tables, your team and your credits."
    >
      <form onSubmit={form.submit} noValidate className="flex flex-col gap-4">
        {form.error && <Notice tone="danger">{form.error}</Notice>}
        <Field label="Name of the workspace" error={form.errorOf('name')}>
          {(ids) => <Input {...ids} name="name" placeholder="Acme growth" autoFocus autoComplete="organization" />}
        </Field>
        <Button type="submit" variant="primary" busy={form.busy}>
          Create workspace
        </Button>
      </form>
    </AuthCard>
  );
}
