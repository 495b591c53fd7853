import type { ReactNode } from 'react';
import { messageOf } from '@/api/errors';
import { Card, DataTable, Td } from '@/components/page';
import { Notice, SkeletonRows } from '@/components/states';
import { useAnswer, type Asked, type Breakdown, type Part } from '../api/analytics';

export interface PartColumn {
  head: string;
  cell: (p: Part, total: Breakdown['total']) => ReactNode;
}

/** A breakdown as a table whose rows lead deeper. */
export function PartsCard({
  ws,
  what,
  asked,
  title,
  text,
  name,
  columns,
  onPick,
}: {
  ws: string;
  what: string;
  asked: Asked;
  title: string;
  text?: string;
  name: (key: string) => string;
  columns: PartColumn[];
  onPick?: ((key: string) => void) | undefined;
}) {
  const answer = useAnswer<Breakdown>(ws, what, asked);
  const parts = answer.data?.parts ?? [];
  return (
    <Card title={title} text={text} flush>
      {answer.isPending && <SkeletonRows rows={3} />}
      {answer.isError && (
        <div className="p-4">
          <Notice tone="danger">{messageOf(answer.error)}</Notice>
        </div>
      )}
      {answer.isSuccess && parts.length === 0 && <p className="p-4 text-ink-3">Nothing in this range.</p>}
      {answer.data && parts.length > 0 && (
        <DataTable head={['Name', ...columns.map((c) => ({ text: c.head, numeric: true as const }))]} label={title}>
          {parts.map((p) => (
            <tr key={p.key} className="hover:bg-hover">
              <Td className="max-w-[160px] sm:max-w-[240px]">
                {onPick && p.key ? (
                  <button
                    type="button"
                    className="block w-full truncate text-left font-medium text-primary-ink hover:underline"
                    onClick={() => onPick(p.key)}
                  >
                    {name(p.key)}
                  </button>
                ) : (
                  <span className="block truncate">{name(p.key)}</span>
                )}
              </Td>
              {columns.map((c) => (
                <Td key={c.head} numeric className="whitespace-nowrap">
                  {c.cell(p, answer.data.total)}
                </Td>
              ))}
            </tr>
          ))}
        </DataTable>
      )}
    </Card>
  );
}
