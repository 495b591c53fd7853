import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Input, Textarea } from '@/components/field';
import { Notice } from '@/components/states';
import { lookForPerson } from '../api/erasures';

interface Props {
  ws: string;
  onClose: () => void;
  onStarted: (id: string) => Promise<void>;
}

const lines = (text: string): string[] =>
  text
    .split(/[\n,;]/)
    .map((s) => s.trim())
    .filter(Boolean);

/** Asks whom to look for. What is typed is sent to be looked for and kept nowhere. */
export function LookDialog({ ws, onClose, onStarted }: Props) {
  const [emails, setEmails] = useState('');
  const [phones, setPhones] = useState('');
  const [name, setName] = useState('');
  const [company, setCompany] = useState('');
  const half = (name.trim() === '') !== (company.trim() === '');
  const nobody = lines(emails).length + lines(phones).length === 0 && (half || name.trim() === '');
  const look = useMutation({
    mutationFn: () =>
      lookForPerson(ws, {
        ...(lines(emails).length > 0 ? { emails: lines(emails) } : {}),
        ...(lines(phones).length > 0 ? { phones: lines(phones) } : {}),
        ...(name.trim() && company.trim() ? { people: [{ name: name.trim(), company: company.trim() }] } : {}),
      }),
    meta: { quiet: true }, // it is said in the form
    onSuccess: async (e) => {
      await onStarted(e.id);
      onClose();
    },
  });
  const submit = (e: SubmitEvent): void => {
    e.preventDefault();
    look.mutate();
  };
  return (
    <Dialog
      title="Find a person"
      description="Nothing is erased yet: you see first what was found."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="look" variant="primary" busy={look.isPending} disabled={nobody || half}>
            Find
          </Button>
        </>
      }
    >
      <form id="look" onSubmit={submit} noValidate className="flex flex-col gap-4">
        {look.isError && <Notice tone="danger">{messageOf(look.error)}</Notice>}
        <Field label="Email addresses" optional hint="One a line.">
          {(ids) => <Textarea {...ids} value={emails} onChange={(e) => setEmails(e.target.value)} data-autofocus />}
        </Field>
        <Field label="Phone numbers" optional hint="One a line; the last 9 digits are compared.">
          {(ids) => <Textarea {...ids} value={phones} onChange={(e) => setPhones(e.target.value)} />}
        </Field>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Field label="Name" optional error={half && !name.trim() ? 'A company alone is nobody' : undefined}>
            {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} maxLength={400} />}
          </Field>
          <Field label="Company" optional error={half && !company.trim() ? 'Needed with a name' : undefined}>
            {(ids) => <Input {...ids} value={company} onChange={(e) => setCompany(e.target.value)} maxLength={400} />}
          </Field>
        </div>
      </form>
    </Dialog>
  );
}
