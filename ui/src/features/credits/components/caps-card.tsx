import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { Cap } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Select } from '@/components/field';
import { Card } from '@/components/page';
import { NumberInput } from '@/grid/typed-input';
import { credits, sentence } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { setCaps } from '../api/credits';

const SCOPES: Cap['scope'][] = ['workspace', 'run'];

/** Spend caps: a run that meets one stops cleanly and says so. */
export function CapsCard({ workspaceId, caps, canEdit }: { workspaceId: string; caps: Cap[]; canEdit: boolean }) {
  const [draft, setDraft] = useState<Cap[] | null>(null);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (next: Cap[]) => setCaps(workspaceId, next),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['credits', workspaceId] });
      setDraft(null);
      toast.success('Spend caps saved');
    },
  });
  const replace = (list: Cap[], i: number, cap: Cap): Cap[] => list.map((c, n) => (n === i ? cap : c));
  return (
    <Card
      title="Spend caps"
      text="A run that meets a cap stops cleanly and says so."
      actions={
        canEdit &&
        (draft ? (
          <div className="flex gap-2">
            <Button size="sm" onClick={() => setDraft(null)}>
              Cancel
            </Button>
            <Button
              size="sm"
              variant="primary"
              busy={save.isPending}
              disabled={draft.some((c) => Number.isNaN(c.limit_mc))}
              onClick={() => save.mutate(draft)}
            >
              Save caps
            </Button>
          </div>
        ) : (
          <Button size="sm" onClick={() => setDraft(caps)}>
            Edit
          </Button>
        ))
      }
    >
      {!draft && caps.length === 0 && <p className="text-ink-2">No cap is set: runs may use the whole balance.</p>}
      {!draft && caps.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {caps.map((c, i) => (
            <li key={i} className="tnum flex justify-between">
              <span>
                {sentence(c.scope)}
                {c.period && c.scope !== 'run' && `, per ${c.period}`}
              </span>
              <span className="font-medium">{credits(c.limit_mc)}</span>
            </li>
          ))}
        </ul>
      )}
      {draft && (
        <div className="flex flex-col gap-2">
          {draft.map((c, i) => (
            <div key={i} className="flex flex-wrap items-center gap-2">
              <Select
                aria-label="What"
                className="!w-32"
                value={c.scope}
                onChange={(e) =>
                  setDraft(
                    replace(
                      draft,
                      i,
                      e.target.value === 'run'
                        ? { scope: 'run', limit_mc: c.limit_mc }
                        : { scope: 'workspace', period: 'month', limit_mc: c.limit_mc },
                    ),
                  )
                }
              >
                {SCOPES.map((s) => (
                  <option key={s} value={s}>
                    {sentence(s)}
                  </option>
                ))}
              </Select>
              {c.scope !== 'run' && (
                <Select
                  aria-label="Period"
                  className="!w-28"
                  value={c.period ?? 'month'}
                  onChange={(e) =>
                    setDraft(replace(draft, i, { ...c, period: e.target.value as 'day' | 'week' | 'month' }))
                  }
                >
                  <option value="day">per day</option>
                  <option value="week">per week</option>
                  <option value="month">per month</option>
                </Select>
              )}
              <NumberInput
                aria-label="Credits"
                min={0}
                className="w-28"
                value={Number.isNaN(c.limit_mc) ? null : c.limit_mc / 1000}
                onChange={(n) =>
                  setDraft(replace(draft, i, { ...c, limit_mc: n === null ? NaN : Math.round(n * 1000) }))
                }
              />
              <span className="text-ink-3">credits</span>
              <IconButton label="Remove the cap" size="sm" onClick={() => setDraft(draft.filter((_, n) => n !== i))}>
                <X size={14} />
              </IconButton>
            </div>
          ))}
          <div>
            <Button
              size="sm"
              variant="ghost"
              icon={<Plus size={14} />}
              onClick={() => setDraft([...draft, { scope: 'workspace', period: 'month', limit_mc: 100_000 }])}
            >
              Add cap
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}
