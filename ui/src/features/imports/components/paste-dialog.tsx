import { useState } from 'react';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Field, Textarea } from '@/components/field';
import { pastedFile } from '../pasted';

/** Rows pasted from a spreadsheet or typed, which then go the way of a file. */
export function PasteDialog({ onFile, onClose }: { onFile: (file: File) => void; onClose: () => void }) {
  const [text, setText] = useState('');
  const file = pastedFile(text);
  const take = (): void => {
    if (file) onFile(file);
  };
  return (
    <Dialog
      title="Paste a list"
      description="Copy rows from a spreadsheet and paste them here, or write one a line. A first line with column names is recognised."
      onClose={onClose}
      size="md"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={!file} onClick={take}>
            Continue
          </Button>
        </>
      }
    >
      <Field label="Rows">
        {(ids) => (
          <Textarea
            {...ids}
            rows={10}
            value={text}
            autoFocus
            spellCheck={false}
            className="font-mono text-sm"
            placeholder={'Company\tCountry\nAcme GmbH\tGermany'}
            onChange={(e) => setText(e.target.value)}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) take();
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}
