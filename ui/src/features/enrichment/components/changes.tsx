import type { Backtest, BacktestRow, Effect } from '@/api/types';
import { Badge, type Tone } from '@/components/states';
import { DataTable, Td } from '@/components/page';
import { plainText } from '@/grid/values';
import { count, plural } from '@/lib/format';

const words: Record<Effect, { name: string; tone: Tone }> = {
  changed: { name: 'Other answer', tone: 'primary' },
  gained: { name: 'New answer', tone: 'success' },
  lost: { name: 'Loses its answer', tone: 'danger' },
  same: { name: 'Stays', tone: 'neutral' },
  edited: { name: 'Edited by hand, stays', tone: 'neutral' },
  unknown: { name: 'Not known, stays', tone: 'neutral' },
};
const order: Effect[] = ['changed', 'gained', 'lost', 'same', 'edited', 'unknown'];

/** How many cells would change. */
export function writesOf(result: Backtest): number {
  const { changed = 0, gained = 0, lost = 0 } = result.effects;
  return changed + gained + lost;
}

/** What applying the waterfall to recorded answers does to the cells. */
export function Changes({ result, nameOf }: { result: Backtest; nameOf: (slug: string) => string }) {
  const total = writesOf(result);
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-wrap gap-x-4 gap-y-1.5 px-4 pt-4">
        {order
          .filter((e) => result.effects[e])
          .map((e) => (
            <li key={e} className="flex items-center gap-1.5">
              <Badge tone={words[e].tone}>{words[e].name}</Badge>
              <span className="tnum font-medium">{count(result.effects[e] ?? 0)}</span>
            </li>
          ))}
      </ul>
      {total === 0 ? (
        <p className="px-4 pb-4 text-ink-2">No cell would change.</p>
      ) : (
        <>
          <DataTable label="Rows that change" head={['', 'Now', 'Then', { text: 'Why', wide: true }]}>
            {result.rows.map((r) => (
              <Row key={r.row_id} row={r} nameOf={nameOf} />
            ))}
          </DataTable>
          {total > result.rows.length && (
            <p className="px-4 pb-4 text-sm text-ink-3">
              The first {count(result.rows.length)} of {plural(total, 'row')} that would change.
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Row({ row, nameOf }: { row: BacktestRow; nameOf: (slug: string) => string }) {
  const word = words[row.effect];
  return (
    <tr>
      <Td>
        <Badge tone={word.tone}>{word.name}</Badge>
      </Td>
      <Td className="max-w-52 truncate">{plainText(row.now) || <Nothing />}</Td>
      <Td className="max-w-52 truncate">{plainText(row.then) || <Nothing />}</Td>
      <Td className="text-ink-2">{row.provider ? `By ${nameOf(row.provider)}` : (row.message ?? '')}</Td>
    </tr>
  );
}

function Nothing() {
  return <span className="text-ink-3">Empty</span>;
}
