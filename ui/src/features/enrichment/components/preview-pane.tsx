import { useMutation } from '@tanstack/react-query';
import { Play } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { useProviderName } from '@/api/providers';
import type { EnrichmentConfig } from '@/api/types';
import { AttemptList } from '@/components/attempt-list';
import { Failure } from '@/components/failure';
import { Button } from '@/components/button';
import { Notice } from '@/components/states';
import { plainText } from '@/grid/values';
import { creditsLabel } from '@/lib/format';
import { previewEnrichment } from '../api/enrichment';

/** Asks the free providers for one row and shows what each of them said; nothing is stored or charged. */
export function PreviewPane({
  workspaceId,
  tableId,
  config,
  ready,
  sampleRow,
}: {
  workspaceId: string;
  tableId: string;
  config: EnrichmentConfig;
  ready: boolean;
  sampleRow: string | null;
}) {
  const preview = useMutation({
    mutationFn: (rowId: string) => previewEnrichment(workspaceId, tableId, config, rowId),
    meta: { quiet: true },
  });
  const { data } = preview;
  const nameOf = useProviderName();
  return (
    <section aria-label="Preview" className="h-fit rounded-md border border-line bg-sunken p-3 lg:sticky lg:top-0">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-md font-semibold">Try it on one row</h3>
        <Button
          size="sm"
          icon={<Play size={13} />}
          busy={preview.isPending}
          disabled={!ready || !sampleRow}
          onClick={() => sampleRow && preview.mutate(sampleRow)}
        >
          Try
        </Button>
      </div>
      {!sampleRow && <p className="mt-2 text-ink-3">The table has no row to try it on.</p>}
      {sampleRow && !data && !preview.isError && (
        <p className="mt-2 text-ink-2">
          Runs the waterfall on the selected row. Free, and nothing is saved; providers that cost credits are skipped.
        </p>
      )}
      {preview.isError && (
        <div className="mt-3">
          <Notice tone="danger">{messageOf(preview.error)}</Notice>
        </div>
      )}
      {data && (
        <div className="mt-3 flex flex-col gap-3">
          <div className="rounded-md border border-line bg-surface p-2.5">
            <p className="text-sm text-ink-3">Answer</p>
            <p className="font-medium break-words">{data.value === null ? 'No answer' : plainText(data.value)}</p>
            {data.message && <Failure message={data.message} nameOf={nameOf} className="mt-1 text-sm text-ink-2" />}
            <p className="mt-1 text-sm text-ink-3">Would cost {creditsLabel(data.cost_mc)}</p>
          </div>
          <AttemptList attempts={data.attempts ?? []} nameOf={nameOf} />
        </div>
      )}
    </section>
  );
}
