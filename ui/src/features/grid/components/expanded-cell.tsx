import { useState } from 'react';
import { Button } from '@/components/button';
import { Popover } from '@/components/popover';
import { Textarea } from '@/components/field';
import { Shown, ShownBelow } from '@/components/shown';
import type { Column } from '@/api/types';
import type { Anchor } from '@/grid/events';
import type { GridController } from '@/grid/controller';
import { cellOf, isReadOnly } from '@/grid/model';
import { parseValue, writtenText } from '@/grid/values';
import { toast } from '@/lib/toasts';
import { spelled } from '@/lib/signs';

/** The whole value of a cell, to read and, where that is allowed, to change. */
export function ExpandedCell({
  grid,
  column,
  rowId,
  anchor,
  onClose,
}: {
  grid: GridController;
  column: Column;
  rowId: string;
  anchor: Anchor;
  onClose: () => void;
}) {
  const row = grid.cache.get(rowId);
  const value = row ? cellOf(row, column) : null;
  const pretty =
    typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : writtenText(column, value);
  const [text, setText] = useState(pretty);
  const editable =
    grid.canEdit &&
    !isReadOnly(column) &&
    ['text', 'long_text', 'json', 'url', 'email', 'phone', 'number', 'currency', 'percent'].includes(column.type);
  const save = (): void => {
    const parsed = parseValue(column, text);
    if (!parsed.ok) {
      toast.error(parsed.reason);
      return;
    }
    if (text !== pretty) grid.edit([{ rowId, columnId: column.id, value: parsed.value }]);
    onClose();
  };
  return (
    <Popover anchor={anchor} label={column.name} onClose={onClose} className="w-[420px]">
      <div className="flex flex-col gap-2 p-3">
        <p className="text-sm font-medium text-ink-2">
          <Shown text={column.name} />
        </p>
        <Textarea
          data-autofocus
          aria-label={spelled(column.name)}
          readOnly={!editable}
          rows={8}
          value={text}
          className={column.type === 'json' ? 'font-mono !text-sm' : ''}
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) save();
          }}
        />
        <ShownBelow text={text} />
        <div className="flex items-center justify-between text-sm text-ink-3">
          <span className="tnum">{text.length.toLocaleString('en')} characters</span>
          {editable && (
            <Button size="sm" variant="primary" onClick={save}>
              Save
            </Button>
          )}
        </div>
      </div>
    </Popover>
  );
}
