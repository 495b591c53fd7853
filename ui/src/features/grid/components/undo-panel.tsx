import { useQuery } from '@tanstack/react-query';
import { Redo2, Undo2 } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import type { Table, UndoStep } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { Button } from '@/components/button';
import { Drawer } from '@/components/drawer';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { Shown } from '@/components/shown';
import { ago, creditsLabel, plural, sentence } from '@/lib/format';
import { useSession } from '@/lib/session';
import { undoStack } from '../api/rows';
import type { GridPage } from '../use-grid-page';

/** The steps that can be undone, newest first; each can be taken back on its own. */
export function UndoPanel({
  workspaceId: ws,
  table,
  page,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  page: GridPage;
  onClose: () => void;
}) {
  const can = useCan(ws);
  const stack = useQuery({
    queryKey: ['undo-stack', ws, table.id],
    queryFn: () => undoStack(ws, table.id),
    staleTime: 0,
    refetchInterval: 5_000,
  });
  const undo = stack.data?.undo ?? [];
  const redo = stack.data?.redo ?? [];
  return (
    <Drawer title="Undo history" onClose={onClose}>
      {stack.isPending && <SkeletonRows />}
      {stack.isError && <Notice tone="danger">{messageOf(stack.error)}</Notice>}
      {stack.isSuccess && undo.length + redo.length === 0 && (
        <Empty
          icon={<Undo2 size={20} />}
          title="Nothing to undo"
          text="Edits, pastes, imports and runs in this table appear here."
        />
      )}
      {redo.length > 0 && can('rows.edit') && (
        <div className="border-b border-line p-3">
          <Button size="sm" icon={<Redo2 size={14} />} onClick={() => void page.undo.redo()}>
            Redo “{redo[0]?.label}”
          </Button>
        </div>
      )}
      <ol>
        {undo.map((s) => (
          <Step key={s.id} step={s} onUndo={can('rows.edit') ? () => void page.undo.undo([s.id]) : null} />
        ))}
      </ol>
    </Drawer>
  );
}

function Step({ step, onUndo }: { step: UndoStep; onUndo: (() => void) | null }) {
  const me = useSession((s) => s.user);
  const who = step.actor.endsWith(me?.id ?? '-') ? 'You' : sentence(step.actor.split(':')[0] ?? '');
  const size = [step.rows > 0 && plural(step.rows, 'row'), step.cells > 0 && plural(step.cells, 'cell')]
    .filter(Boolean)
    .join(', ');
  return (
    <li className="group flex items-center gap-2.5 border-b border-line px-3 py-2.5">
      <Avatar name={who === 'You' ? (me?.name ?? who) : who} size={22} />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">
          <Shown text={step.label || sentence(step.kind)} />
        </p>
        <p className="truncate text-sm text-ink-3">
          {[who, ago(step.at), size].filter(Boolean).join(' · ')}
          {step.money_mc ? ` · ${creditsLabel(step.money_mc)} spent, not refundable` : ''}
        </p>
      </div>
      {onUndo && (
        <Button
          size="sm"
          variant="ghost"
          className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100"
          onClick={onUndo}
        >
          Undo
        </Button>
      )}
    </li>
  );
}
