import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import type { MergePlan } from '@/api/types-duplicates';
import { Button } from '@/components/button';
import { Field, Select } from '@/components/field';
import { Card } from '@/components/page';
import { Shown } from '@/components/shown';
import { Notice } from '@/components/states';
import { cellText } from '@/grid/cell-text';
import { plural } from '@/lib/format';
import { merge, previewMerge, type Place } from '../api/duplicates';
import type { Keep } from '../choice';

const rules: Record<MergePlan['default'], string> = {
  survivor: 'Its own, else the first other',
  newest: 'The newest',
  oldest: 'The oldest',
  most_complete: 'The longest',
  most_confident: 'The most confident',
};

/** Merges all open groups from a score on, after it has shown what that does. */
export function MergeAll({
  place,
  table,
  scanId,
  keep,
  onKeep,
  onStarted,
}: {
  place: Place;
  table: Table;
  scanId: string;
  keep: Keep;
  onKeep: (k: Keep) => void;
  onStarted: (id: string) => void;
}) {
  const [least, setLeast] = useState(0.95);
  const [rule, setRule] = useState<MergePlan['default']>('survivor');
  const plan: MergePlan = { scan_id: scanId, min_score: least, survivor: keep, default: rule };
  const preview = useMutation({ mutationFn: () => previewMerge(place, plan) });
  const start = useMutation({ mutationFn: () => merge(place, plan), onSuccess: onStarted });
  const columns = new Map(table.columns.map((c) => [c.id, c]));
  const changed = (): void => preview.reset();
  const error = preview.error ?? start.error;
  return (
    <Card title="Merge all at once" text="One step of undo. Merged rows can be taken apart at any later time.">
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-3">
          <Field label="From" className="flex-1 basis-32">
            {(ids) => (
              <Select
                {...ids}
                value={least}
                onChange={(e) => {
                  setLeast(Number(e.target.value));
                  changed();
                }}
              >
                {[0.99, 0.95, 0.9, 0.8, 0.6].map((v) => (
                  <option key={v} value={v}>
                    {Math.round(v * 100)} % sure
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Row that stays" className="flex-1 basis-32">
            {(ids) => (
              <Select
                {...ids}
                value={keep}
                onChange={(e) => {
                  onKeep(e.target.value as Keep);
                  changed();
                }}
              >
                <option value="newest">The newest</option>
                <option value="oldest">The oldest</option>
                <option value="most_complete">The most complete</option>
              </Select>
            )}
          </Field>
          <Field label="Values" className="flex-1 basis-32">
            {(ids) => (
              <Select
                {...ids}
                value={rule}
                onChange={(e) => {
                  setRule(e.target.value as MergePlan['default']);
                  changed();
                }}
              >
                {Object.entries(rules).map(([value, name]) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {error && <Notice tone="danger">{messageOf(error)}</Notice>}
        {preview.data && (
          <div className="text-base" role="status">
            <p className="font-medium">
              {preview.data.groups === 0
                ? 'No open group is that sure.'
                : `${plural(preview.data.groups, 'group')} would be merged, and ${plural(preview.data.rows, 'row')} hidden.`}
            </p>
            <ul className="mt-1 flex flex-col gap-1 text-sm text-ink-2">
              {preview.data.samples.slice(0, 5).flatMap((s) =>
                s.taken.slice(0, 3).map((t) => {
                  const column = columns.get(t.column_id);
                  return (
                    column && (
                      <li key={`${s.group}-${t.column_id}`} className="truncate">
                        Group {s.group}: <Shown text={column.name} /> becomes “
                        <Shown text={cellText(column, t.value)} />”
                      </li>
                    )
                  );
                }),
              )}
            </ul>
          </div>
        )}
        <div className="flex flex-wrap gap-2">
          <Button busy={preview.isPending} onClick={() => preview.mutate()}>
            See what it does
          </Button>
          {preview.data && preview.data.groups > 0 && (
            <Button variant="primary" busy={start.isPending} onClick={() => start.mutate()}>
              Merge {plural(preview.data.groups, 'group')}
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}
