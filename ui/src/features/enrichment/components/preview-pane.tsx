import { useState } from 'react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { Play } from 'lucide-react';
import { ApiError, messageOf } from '@/api/errors';
import { providersQuery, useProviderName } from '@/api/providers';
import type { EnrichmentConfig } from '@/api/types';
import { AttemptList } from '@/components/attempt-list';
import { Failure } from '@/components/failure';
import { Button } from '@/components/button';
import { Checkbox } from '@/components/field';
import { Notice } from '@/components/states';
import { Shown } from '@/components/shown';
import { plainText } from '@/grid/values';
import { creditsLabel } from '@/lib/format';
import { previewEnrichment } from '../api/enrichment';

/** Asks the providers for one row and shows what each of them said. Those with a price are asked and paid only if the user says so. */
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
  const providers = useQuery(providersQuery).data;
  const price = Math.max(
    0,
    ...config.steps.map((step) => providers?.find((p) => p.slug === step.provider)?.price_mc ?? 0),
  );
  const [callPaid, setCallPaid] = useState(false);
  const queries = useQueryClient();
  const preview = useMutation({
    mutationFn: (rowId: string) => previewEnrichment(workspaceId, tableId, config, rowId, callPaid && price > 0),
    onSuccess: ({ cost_mc }) => {
      if (cost_mc > 0) void queries.invalidateQueries({ queryKey: ['credits'] });
    },
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
          {price > 0
            ? 'Runs the waterfall on the selected row; no cell is changed. Providers that cost credits are asked only if you say so.'
            : 'Runs the waterfall on the selected row. Free, and no cell is changed.'}
        </p>
      )}
      {price > 0 && (
        <Checkbox
          className="mt-2"
          checked={callPaid}
          onChange={(e) => setCallPaid(e.target.checked)}
          label={`Ask providers that cost credits too: up to ${creditsLabel(price)}`}
        />
      )}
      {preview.isError && (
        <div className="mt-3">
          <Notice tone="danger">
            {messageOf(preview.error)}
            {preview.error instanceof ApiError && preview.error.status === 402 && (
              <Link to={`/w/${workspaceId}/credits`} className="ml-1 underline">
                Open Credits
              </Link>
            )}
          </Notice>
        </div>
      )}
      {data && (
        <div className="mt-3 flex flex-col gap-3">
          <div className="rounded-md border border-line bg-surface p-2.5">
            <p className="text-sm text-ink-3">Answer</p>
            <p className="font-medium break-words">
              <Shown text={data.value === null ? 'No answer' : plainText(data.value)} lines />
            </p>
            {data.message && <Failure message={data.message} nameOf={nameOf} className="mt-1 text-sm text-ink-2" />}
            <p className="mt-1 text-sm text-ink-3">
              {data.cost_mc > 0 ? `Cost ${creditsLabel(data.cost_mc)}` : 'Cost nothing'}
            </p>
          </div>
          <AttemptList attempts={data.attempts ?? []} nameOf={nameOf} />
        </div>
      )}
    </section>
  );
}
