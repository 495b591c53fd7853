import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Building2, FilePlus2, Table2, Users } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { tablesChanged } from '@/api/tables';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Input } from '@/components/field';
import { cx } from '@/lib/cx';
import { createTable, type NewTable } from '../api/tables';

interface Template {
  name: string;
  text: string;
  icon: ReactNode;
  columns: NewTable['columns'];
}
const stages = ['New', 'Qualified', 'Contacted', 'Won', 'Lost'].map((name) => ({ name }));
const templates: Template[] = [
  { name: 'Blank', text: 'One text column', icon: <Table2 size={18} />, columns: [{ name: 'Name', type: 'text' }] },
  {
    name: 'Companies',
    text: 'Domain, industry, size',
    icon: <Building2 size={18} />,
    columns: [
      { name: 'Company', type: 'text' },
      { name: 'Website', type: 'url' },
      { name: 'Industry', type: 'select' },
      { name: 'Employees', type: 'number' },
      { name: 'Stage', type: 'select', options: stages },
      { name: 'Notes', type: 'long_text' },
    ],
  },
  {
    name: 'Contacts',
    text: 'Name, company, email',
    icon: <Users size={18} />,
    columns: [
      { name: 'Full name', type: 'text' },
      { name: 'Company', type: 'text' },
      { name: 'Title', type: 'text' },
      { name: 'Email', type: 'email' },
      { name: 'Phone', type: 'phone' },
      { name: 'LinkedIn', type: 'url' },
    ],
  },
];

export function CreateTableDialog({ workspaceId: ws, onClose }: { workspaceId: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const [pick, setPick] = useState(0);
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () =>
      createTable(ws, {
        name: name.trim() || (templates[pick]?.name ?? 'Table'),
        columns: templates[pick]?.columns ?? [],
      }),
    onSuccess: async (table) => {
      onClose();
      await navigate(`/w/${ws}/tables/${table.id}`);
      await tablesChanged(client, ws);
    },
  });
  return (
    <Dialog
      title="New table"
      onClose={onClose}
      size="md"
      footer={
        <>
          <Button
            icon={<FilePlus2 size={14} />}
            onClick={() => {
              onClose();
              void navigate(`/w/${ws}/import`);
            }}
            className="max-sm:w-full sm:mr-auto"
          >
            Import a file instead
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={create.isPending} onClick={() => create.mutate()}>
            Create table
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          create.mutate();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              value={name}
              maxLength={100}
              autoFocus
              placeholder="Target accounts"
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <fieldset>
          <legend className="mb-1 text-sm font-medium text-ink-2">Start with</legend>
          <div className="grid gap-2 sm:grid-cols-3">
            {templates.map((t, i) => (
              <label
                key={t.name}
                className={cx(
                  'flex cursor-pointer flex-col gap-1 rounded-md border p-3 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-primary',
                  i === pick ? 'border-primary bg-primary-soft' : 'border-line hover:border-line-strong',
                )}
              >
                <input
                  type="radio"
                  name="template"
                  className="sr-only"
                  checked={i === pick}
                  onChange={() => setPick(i)}
                />
                <span className={i === pick ? 'text-primary-ink' : 'text-ink-3'}>{t.icon}</span>
                <span className="font-medium">{t.name}</span>
                <span className="text-sm text-ink-2">{t.text}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </form>
    </Dialog>
  );
}
