import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ClipboardPaste, FileUp, Sparkles, type LucideIcon } from 'lucide-react';
import { useNavigate } from 'react-router';
import { credentialsQuery } from '@/api/credentials';
import { messageOf } from '@/api/errors';
import { providersQuery } from '@/api/providers';
import { tablesChanged } from '@/api/tables';
import { Notice } from '@/components/states';
import { Spinner } from '@/components/spinner';
import { makeSample } from './sample';

/** The three ways to a first table; the first needs nothing at all. */
export function StartCards({ workspaceId: ws }: { workspaceId: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const providers = useQuery(providersQuery);
  const credentials = useQuery(credentialsQuery(ws));
  const sample = useMutation({
    mutationFn: () => makeSample(ws, providers.data ?? [], credentials.data ?? []),
    meta: { quiet: true },
    onSuccess: async (table) => {
      await navigate(`/w/${ws}/tables/${table.id}`);
      await tablesChanged(client, ws);
    },
  });
  return (
    <section aria-label="Start" className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-3">
        <Start
          icon={Sparkles}
          title="Start with 20 companies"
          text="A sample table with a column that finds each company’s domain, free of charge."
          busy={sample.isPending}
          disabled={!providers.data || credentials.isPending}
          onClick={() => sample.mutate()}
        />
        <Start
          icon={ClipboardPaste}
          title="Paste a list"
          text="Rows from a spreadsheet, an email or a web page. Columns and types are recognised."
          onClick={() => void navigate(`/w/${ws}/import?paste`)}
        />
        <Start
          icon={FileUp}
          title="Import a file"
          text="CSV, Excel or JSON up to 1 GB. You check the columns before anything is added."
          onClick={() => void navigate(`/w/${ws}/import`)}
        />
      </div>
      {sample.isError && <Notice tone="danger">{messageOf(sample.error)}</Notice>}
    </section>
  );
}

interface StartProps {
  icon: LucideIcon;
  title: string;
  text: string;
  busy?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

function Start({ icon: Icon, title, text, busy, disabled, onClick }: StartProps) {
  return (
    <button
      type="button"
      onClick={onClick}
      disabled={disabled === true || busy === true}
      aria-busy={busy ? true : undefined}
      className="flex flex-col items-start gap-1 rounded-lg border border-line bg-surface p-4 text-left shadow-sm transition-colors hover:border-primary disabled:opacity-60"
    >
      <span className="mb-1 flex size-9 items-center justify-center rounded-md bg-primary-soft text-primary-ink">
        {busy ? <Spinner /> : <Icon size={18} />}
      </span>
      <span className="text-md font-semibold">{title}</span>
      <span className="text-sm text-ink-2">{text}</span>
    </button>
  );
}
