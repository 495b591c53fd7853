import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import type { Column, Condition, Filter } from '@/api/types';
import { cx } from '@/lib/cx';
import { filterOf, isGroup, MAX_DEPTH, replaced, treeOf, withItem, type FilterGroup, type Path } from '../filter-tree';
import { firstCondition } from '../filters';
import { ConditionRow } from './condition-row';

/** The filter as a tree of groups, each joined by and or by or. */
export function FilterPanel({
  columns,
  filter,
  onChange,
}: {
  columns: Column[];
  filter: Filter | null;
  onChange: (f: Filter | null) => void;
}) {
  const [tree, setTree] = useState<FilterGroup>(() => treeOf(filter));
  const set = (next: FilterGroup): void => {
    setTree(next);
    onChange(filterOf(next));
  };
  return (
    <div className="flex max-h-[70vh] w-[720px] max-w-[calc(100vw-32px)] flex-col gap-2 overflow-y-auto p-3">
      {tree.items.length === 0 && <p className="text-ink-2">No filter: every row is shown.</p>}
      <Group columns={columns} root={tree} group={tree} path={[]} onChange={set} />
      {tree.items.length > 0 && (
        <Button size="sm" variant="ghost" className="self-end" onClick={() => set({ join: 'and', items: [] })}>
          Clear all
        </Button>
      )}
    </div>
  );
}

interface GroupProps {
  columns: Column[];
  root: FilterGroup;
  group: FilterGroup;
  path: Path;
  onChange: (root: FilterGroup) => void;
}

function Group({ columns, root, group, path, onChange }: GroupProps) {
  const [first] = columns;
  const put = (at: Path, item: FilterGroup | Condition | null): void => onChange(replaced(root, at, item));
  return (
    <>
      {group.items.map((item, i) => {
        const at = [...path, i];
        return (
          <div key={i} className="flex items-start gap-2">
            <Join
              index={i}
              join={group.join}
              onChange={(join) => onChange(path.length ? replaced(root, path, { ...group, join }) : { ...group, join })}
            />
            {isGroup(item) ? (
              <div
                role="group"
                aria-label={`Group of conditions, ${item.join === 'and' ? 'all' : 'any'} of them`}
                className={cx(
                  'flex min-w-0 flex-1 flex-col gap-2 rounded-md border border-line p-2',
                  at.length % 2 === 1 && 'bg-sunken',
                )}
              >
                {item.items.length === 0 && <p className="text-sm text-ink-3">An empty group has no effect.</p>}
                <Group columns={columns} root={root} group={item} path={at} onChange={onChange} />
              </div>
            ) : (
              <div className="flex min-w-0 flex-1 flex-wrap items-start gap-2">
                <ConditionRow columns={columns} condition={item} onChange={(c) => put(at, c)} />
              </div>
            )}
            <IconButton
              label={isGroup(item) ? 'Remove the group' : 'Remove the condition'}
              size="sm"
              onClick={() => put(at, null)}
            >
              <X size={14} />
            </IconButton>
          </div>
        );
      })}
      <div className="flex gap-1">
        <Button
          size="sm"
          variant="ghost"
          icon={<Plus size={14} />}
          {...(path.length === 0 ? { 'data-autofocus': true } : {})}
          onClick={() => first && onChange(withItem(root, path, firstCondition(first)))}
        >
          Add condition
        </Button>
        {path.length < MAX_DEPTH && (
          <Button
            size="sm"
            variant="ghost"
            icon={<Plus size={14} />}
            onClick={() =>
              onChange(
                withItem(root, path, {
                  join: group.join === 'and' ? 'or' : 'and',
                  items: first ? [firstCondition(first)] : [],
                }),
              )
            }
          >
            Add group
          </Button>
        )}
      </div>
    </>
  );
}

function Join({
  index,
  join,
  onChange,
}: {
  index: number;
  join: 'and' | 'or';
  onChange: (join: 'and' | 'or') => void;
}) {
  if (index === 0) return <span className="w-[72px] shrink-0 py-1.5 pl-2 text-sm text-ink-3">Where</span>;
  if (index > 1) return <span className="w-[72px] shrink-0 py-1.5 pl-2 text-sm text-ink-3">{join}</span>;
  return (
    <Select
      aria-label="Join conditions with"
      className="!w-[72px] shrink-0"
      value={join}
      onChange={(e) => onChange(e.target.value === 'or' ? 'or' : 'and')}
    >
      <option value="and">and</option>
      <option value="or">or</option>
    </Select>
  );
}
