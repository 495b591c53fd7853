import type { FindPreview, RowSearch } from '@/api/types';
import { Shown } from '@/components/shown';
import { Notice } from '@/components/states';
import { plainText } from '@/grid/values';
import { count, plural } from '@/lib/format';

/** What a run would find and cost, before anything is spent. */
export function PreviewCard({ search, preview }: { search: RowSearch; preview: FindPreview }) {
  const rows = preview.rows ?? [];
  const fields = search.fields.filter((f) => rows.some((r) => r[f.name] !== undefined));
  return (
    <section aria-label="Preview" className="flex flex-col gap-2" aria-live="polite">
      <p>
        {preview.looked
          ? `${plural(preview.total, 'result')}. `
          : 'How many results there are is not known before the first page is paid for. '}
        {preview.credits > 0
          ? `A run asks for at most ${plural(preview.pages, 'page')} and uses at most ${plural(preview.credits, 'credit')} of your ${search.credential.name} plan.`
          : `A run asks for at most ${plural(preview.pages, 'page')} and costs nothing.`}
      </p>
      {preview.looked && rows.length === 0 && <Notice tone="warning">Nothing is found. Loosen the filters.</Notice>}
      {rows.length > 0 && (
        <div
          className="overflow-x-auto rounded-md border border-line"
          tabIndex={0}
          role="region"
          aria-label="First results"
        >
          <table className="w-full text-sm">
            <caption className="sr-only">The first {count(rows.length)} results</caption>
            <thead>
              <tr className="border-b border-line bg-sunken text-left">
                {fields.map((f) => (
                  <th key={f.name} scope="col" className="px-2 py-1 font-medium whitespace-nowrap">
                    {f.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i} className="border-b border-line last:border-0">
                  {fields.map((f) => (
                    <td key={f.name} className="max-w-48 truncate px-2 py-1">
                      <Shown text={plainText(row[f.name] ?? null)} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
