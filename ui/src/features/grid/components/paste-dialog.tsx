import type { ReactNode } from 'react';
import type { Table } from '@/api/types';
import { Button } from '@/components/button';
import { Dialog } from '@/components/dialog';
import { Notice } from '@/components/states';
import type { PastePlan } from '@/grid/paste-plan';
import { count, plural } from '@/lib/format';

/** Says what a paste adds and leaves out, before it does it. */
export function PasteDialog({
  plan,
  cells,
  table,
  onAnswer,
}: {
  plan: PastePlan;
  cells: number;
  table: Table;
  onAnswer: (yes: boolean) => void;
}) {
  const options = [...plan.newOptions.entries()].map(([id, names]) => ({
    column: table.columns.find((c) => c.id === id)?.name ?? '',
    names: [...names],
  }));
  return (
    <Dialog
      title={`Paste ${plural(cells, 'cell')}?`}
      onClose={() => onAnswer(false)}
      footer={
        <>
          <Button onClick={() => onAnswer(false)}>Cancel</Button>
          <Button variant="primary" autoFocus onClick={() => onAnswer(true)}>
            Paste
          </Button>
        </>
      }
    >
      <ul className="flex flex-col gap-1.5 text-base text-ink-2">
        <Line n={plan.edits.length}>{plan.edits.length === 1 ? 'existing cell changes' : 'existing cells change'}</Line>
        <Line n={plan.newRows.length}>{plan.newRows.length === 1 ? 'row is added' : 'rows are added'}</Line>
        <Line n={plan.newColumns}>{plan.newColumns === 1 ? 'text column is added' : 'text columns are added'}</Line>
        {options.map((o) => (
          <li key={o.column}>
            <strong className="font-semibold text-ink">{count(o.names.length)}</strong> new{' '}
            {o.names.length === 1 ? 'option' : 'options'} in {o.column}: {o.names.slice(0, 5).join(', ')}
            {o.names.length > 5 && ' …'}
          </li>
        ))}
      </ul>
      {plan.problems.length > 0 && (
        <div className="mt-4">
          <Notice tone="warning">
            <p>
              {plural(plan.problems.length, 'value')} {plan.problems.length === 1 ? 'does' : 'do'} not fit and{' '}
              {plan.problems.length === 1 ? 'is' : 'are'} left out:
            </p>
            <ul className="mt-1 list-disc pl-4">
              {plan.problems.slice(0, 4).map((p) => (
                <li key={`${String(p.row)}/${p.column}`}>
                  Row {count(p.row + 1)}, {p.column}: {p.reason}
                </li>
              ))}
            </ul>
          </Notice>
        </div>
      )}
    </Dialog>
  );
}

function Line({ n, children }: { n: number; children: ReactNode }) {
  if (n === 0) return null;
  return (
    <li>
      <strong className="font-semibold text-ink">{count(n)}</strong> {children}
    </li>
  );
}
