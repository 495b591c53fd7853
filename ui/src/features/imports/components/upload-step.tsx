import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ClipboardPaste, FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { messageOf } from '@/api/errors';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { cx } from '@/lib/cx';
import { bytes } from '@/lib/format';
import { upload } from '../api/imports';
import { PasteDialog } from './paste-dialog';

const LARGEST = 1024 ** 3;

export function UploadStep({ workspaceId, onUploaded }: { workspaceId: string; onUploaded: (id: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [params] = useSearchParams();
  const [pasting, setPasting] = useState(params.has('paste'));
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: (file: File) => upload(workspaceId, file),
    meta: { quiet: true },
    onSuccess: (made) => {
      client.setQueryData(['imports', workspaceId, made.id], made);
      onUploaded(made.id);
    },
  });
  const take = (file: File | undefined): void => {
    if (!file) return;
    if (file.size === 0) setRefused(`“${file.name}” is empty.`);
    else if (file.size > LARGEST) setRefused(`“${file.name}” has ${bytes(file.size)}; the limit is 1 GB.`);
    else {
      setRefused(null);
      send.mutate(file);
    }
  };
  return (
    <div className="flex flex-col gap-3">
      <div
        onDragOver={(e) => {
          e.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault();
          setOver(false);
          take(e.dataTransfer.files[0]);
        }}
        className={cx(
          'flex flex-col items-center rounded-lg border-2 border-dashed px-6 py-14 text-center transition-colors',
          over ? 'border-primary bg-primary-soft' : 'border-line-strong bg-surface',
        )}
      >
        <div className="mb-3 flex size-11 items-center justify-center rounded-lg bg-primary-soft text-primary-ink">
          <FileUp size={22} />
        </div>
        <p className="text-md font-semibold">
          {send.isPending ? `Uploading ${send.variables.name}…` : 'Drop a file here'}
        </p>
        <p className="mt-1 mb-4 text-ink-2">
          {send.isPending ? bytes(send.variables.size) : 'or choose one from your computer'}
        </p>
        <div className="flex flex-wrap justify-center gap-2">
          <Button variant="primary" busy={send.isPending} onClick={() => input.current?.click()}>
            Choose a file
          </Button>
          <Button icon={<ClipboardPaste size={14} />} disabled={send.isPending} onClick={() => setPasting(true)}>
            Paste a list
          </Button>
        </div>
        <input
          ref={input}
          type="file"
          aria-label="File to import"
          accept=".csv,.tsv,.txt,.xlsx,.xlsm,.json,.jsonl,.ndjson,text/csv"
          className="sr-only"
          tabIndex={-1}
          onChange={(e) => take(e.target.files?.[0])}
        />
      </div>
      {pasting && (
        <PasteDialog
          onClose={() => setPasting(false)}
          onFile={(file) => {
            setPasting(false);
            take(file);
          }}
        />
      )}
      {(refused ?? send.isError) && <Notice tone="danger">{refused ?? messageOf(send.error)}</Notice>}
    </div>
  );
}
