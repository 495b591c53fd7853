import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type KeyboardEvent } from 'react';
import { messageOf } from '@/api/errors';
import type { Table } from '@/api/types';
import type { DuplicateGroup } from '@/api/types-duplicates';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows, type Tone } from '@/components/states';
import { toast } from '@/lib/toasts';
import { decide, duplicatesKey, ended, groupsQuery, merge, type Place } from '../api/duplicates';
import { sourceOf, survivorOf, type Keep } from '../choice';
import { GroupCard, type Chosen } from './group-card';

type State = DuplicateGroup['state'];
const states: Record<State, { text: string; tone: Tone }> = {
  open: { text: 'to decide', tone: 'neutral' },
  skipped: { text: 'skipped', tone: 'neutral' },
  distinct: { text: 'not duplicates', tone: 'warning' },
  merged: { text: 'merged', tone: 'success' },
};

/** The groups of a scan, one after the other, by keyboard. */
export function Review({ place, table, scanId, keep }: { place: Place; table: Table; scanId: string; keep: Keep }) {
  const client = useQueryClient();
  const query = useInfiniteQuery(groupsQuery(place, scanId));
  const [at, setAt] = useState(0);
  const [done, setDone] = useState<Record<number, State>>({});
  const [choices, setChoices] = useState<Record<number, Chosen>>({});
  const groups = query.data?.pages.flatMap((p) => p.groups) ?? [];
  const group = groups[at];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (at >= groups.length - 3 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [at, groups.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.isPending) return <SkeletonRows />;
  if (query.error) return <Notice tone="danger">{messageOf(query.error)}</Notice>;
  if (!group) return <Empty title="Nothing left to decide" text="All groups of this scan are merged or decided." />;

  const present = group.rows.filter((r) => r.present);
  const state = done[group.number] ?? group.state;
  const chosen = choices[group.number] ?? { survivor: survivorOf(present, keep), fields: {} };
  const choose = (c: Chosen): void => setChoices({ ...choices, [group.number]: c });
  const next = (): void => setAt(Math.min(at + 1, groups.length - 1));
  const mark = (s: State): void => setDone((before) => ({ ...before, [group.number]: s }));
  const say = async (s: 'skipped' | 'distinct' | 'open'): Promise<void> => {
    mark(s);
    if (s !== 'open') next();
    try {
      await decide(place, scanId, group.number, s);
      await client.invalidateQueries({ queryKey: [...duplicatesKey(place), 'job', scanId] });
    } catch (e) {
      mark(state);
      toast.error(messageOf(e));
    }
  };
  const join = async (): Promise<void> => {
    if (present.length < 2 || state === 'merged') return;
    mark('merged');
    next();
    const fields: Record<string, string> = {};
    for (const c of table.columns) {
      const from = chosen.fields[c.id] ?? sourceOf(present, chosen.survivor, c.id);
      if (from !== chosen.survivor || chosen.fields[c.id]) fields[c.id] = from;
    }
    try {
      const id = await merge(place, {
        scan_id: scanId,
        survivor: keep,
        default: 'survivor',
        groups: [{ group: group.number, survivor: chosen.survivor, fields }],
      });
      const job = await ended(place, id);
      if (job.state !== 'completed' || job.groups === 0)
        throw new Error(job.reason || job.left?.[0]?.reason || 'The rows were not merged.');
      await client.invalidateQueries({ queryKey: [...duplicatesKey(place), 'merged'] });
      await client.invalidateQueries({ queryKey: [...duplicatesKey(place), 'job', scanId] });
    } catch (e) {
      mark(state);
      toast.error(messageOf(e));
    }
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const digit = Number(e.key);
    if (e.key === 'j') next();
    else if (e.key === 'k') setAt(Math.max(0, at - 1));
    else if (e.key === 'm') void join();
    else if (e.key === 's') void say('skipped');
    else if (e.key === 'n') void say('distinct');
    else if (e.key === 'o' && state !== 'merged') void say('open');
    else if (digit >= 1 && group.rows[digit - 1]?.present)
      choose({ survivor: group.rows[digit - 1]?.id ?? '', fields: {} });
    else return;
    e.preventDefault();
  };
  return (
    <div onKeyDown={onKey} tabIndex={-1} ref={focusOnce} className="rounded-lg outline-offset-2">
      <Card
        title={`Group ${at + 1}${hasNextPage ? '' : ` of ${groups.length}`}`}
        text="J next, K previous, M merge, S skip, N not duplicates, O open again, 1–9 the row that stays"
        flush
        actions={
          <div className="flex flex-wrap items-center gap-2">
            <Badge tone={states[state].tone}>{states[state].text}</Badge>
            <Badge tone="primary">{Math.round(group.score * 100)} % sure</Badge>
          </div>
        }
      >
        <GroupCard group={group} columns={table.columns} chosen={chosen} onChoose={choose} />
        <div className="flex flex-wrap gap-2 border-t border-line p-3">
          <Button variant="primary" disabled={present.length < 2 || state === 'merged'} onClick={() => void join()}>
            Merge
          </Button>
          <Button onClick={() => void say('skipped')} disabled={state === 'merged'}>
            Skip
          </Button>
          <Button onClick={() => void say('distinct')} disabled={state === 'merged'}>
            Not duplicates
          </Button>
          <span className="flex-1" />
          <Button onClick={() => setAt(Math.max(0, at - 1))} disabled={at === 0}>
            Previous
          </Button>
          <Button onClick={next} disabled={at >= groups.length - 1}>
            Next
          </Button>
        </div>
      </Card>
    </div>
  );
}

/** The keys work from the beginning. */
function focusOnce(el: HTMLDivElement | null): void {
  if (el && !el.dataset['focused']) {
    el.dataset['focused'] = 'yes';
    el.focus({ preventScroll: true });
  }
}
