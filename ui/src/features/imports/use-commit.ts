import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Import } from '@/api/types';
import { check, commit, type Commit, type Report } from './api/imports';
import type { BadValues } from './components/loss-report';

/** Begins an import. The whole file is read first: what would lose nothing begins at once, the rest is shown before. */
export function useCommit(ws: string, id: string, body: Commit, onStarted: (made: Import) => Promise<void>) {
  const [badValues, setBadValues] = useState<BadValues>('skip_row');
  const [checked, setChecked] = useState<{ of: string; report: Report } | null>(null);
  const [progress, setProgress] = useState(0);
  const asked = JSON.stringify(body);
  const report = checked?.of === asked ? checked.report : null;
  const start = useMutation({
    mutationFn: async () => {
      if (!report) {
        setProgress(0);
        const found = await check(ws, id, body, setProgress);
        if (found.lossy > 0 || (found.full ?? 0) > 0) {
          setChecked({ of: asked, report: found });
          return;
        }
      }
      await onStarted(await commit(ws, id, { ...body, bad_values: badValues }));
    },
    meta: { quiet: true },
  });
  return { report, progress, badValues, setBadValues, start };
}
