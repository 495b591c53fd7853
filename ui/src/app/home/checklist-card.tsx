import { useQuery } from '@tanstack/react-query';
import { CircleCheck, Circle, X } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { credentialsQuery } from '@/api/credentials';
import { useCan } from '@/api/permissions';
import { tablesQuery } from '@/api/tables';
import { IconButton } from '@/components/button';
import { Card } from '@/components/page';
import { Progress } from '@/components/states';
import { jobsQuery } from '@/api/jobs';
import { membersQuery } from '@/api/members';
import { cx } from '@/lib/cx';
import { store, stored } from '@/lib/storage';
import { stepsFor } from './checklist';

const key = (ws: string): string => `morket.checklist.${ws}`;

/** The first steps in a workspace. It goes away when they are done, or by its cross, in this browser for good. */
export function ChecklistCard({ workspaceId: ws }: { workspaceId: string }) {
  const can = useCan(ws);
  const [closed, setClosed] = useState(() => stored(key(ws)) !== null);
  const open = !closed;
  const tables = useQuery({ ...tablesQuery(ws), enabled: open && can('tables.read') });
  const jobs = useQuery({ ...jobsQuery(ws), enabled: open && can('enrichments.run') });
  const keys = useQuery({ ...credentialsQuery(ws), enabled: open && can('credentials.manage') });
  const members = useQuery({ ...membersQuery(ws), enabled: open && can('members.manage') });
  const steps = stepsFor(
    { tables: tables.data?.length, runs: jobs.data?.length, keys: keys.data?.length, members: members.data?.length },
    can,
  );
  if (closed || steps.length === 0) return null;
  const done = steps.filter((s) => s.done).length;
  return (
    <Card
      title="Get started"
      text={`${done} of ${steps.length} done`}
      flush
      actions={
        <div className="flex items-center gap-3">
          <div className="w-24">
            <Progress value={done / steps.length} label="First steps done" />
          </div>
          <IconButton
            label="Hide the first steps"
            size="sm"
            onClick={() => {
              store(key(ws), 'hidden');
              setClosed(true);
            }}
          >
            <X size={15} />
          </IconButton>
        </div>
      }
    >
      <ol className="divide-y divide-line">
        {steps.map((s) => (
          <li key={s.id}>
            <Link to={`/w/${ws}/${s.to}`} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
              {s.done ? (
                <CircleCheck size={18} className="shrink-0 text-success-ink" />
              ) : (
                <Circle size={18} className="shrink-0 text-ink-3" />
              )}
              <span className="min-w-0">
                <span className={cx('block font-medium', s.done && 'text-ink-3 line-through')}>
                  {s.title}
                  {s.done && <span className="sr-only"> (done)</span>}
                </span>
                {!s.done && <span className="block text-sm text-ink-2">{s.text}</span>}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </Card>
  );
}
