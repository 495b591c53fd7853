import { useQuery } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import { tablesQuery } from '@/api/tables';
import { Notice, Skeleton } from '@/components/states';
import { Shown } from '@/components/shown';

/** Tables of the workspace to choose among; none chosen means all. A chosen one that is gone stays until it is taken away. */
export function TableChoice({
  workspaceId: ws,
  chosen,
  onChange,
}: {
  workspaceId: string;
  chosen: string[];
  onChange: (ids: string[]) => void;
}) {
  const tables = useQuery(tablesQuery(ws));
  if (tables.isPending) return <Skeleton className="h-16" />;
  if (tables.isError) return <Notice tone="danger">{messageOf(tables.error)}</Notice>;
  const gone = chosen.filter((id) => !tables.data.some((t) => t.id === id));
  const all = [...tables.data, ...gone.map((id) => ({ id, name: `${id} (deleted)` }))];
  return (
    <fieldset>
      <legend className="text-sm font-medium text-ink-2">
        Tables <span className="font-normal text-ink-3">(optional)</span>
      </legend>
      <ul className="mt-1 max-h-40 overflow-y-auto rounded-md border border-line-strong p-1">
        {all.length === 0 && <li className="px-2 py-1 text-ink-3">There is no table yet.</li>}
        {all.map((t) => (
          <li key={t.id}>
            <label className="flex h-7 cursor-pointer items-center gap-2 rounded-md px-2 hover:bg-hover">
              <input
                type="checkbox"
                className="size-3.5 shrink-0 accent-primary"
                checked={chosen.includes(t.id)}
                onChange={(e) => onChange(e.target.checked ? [...chosen, t.id] : chosen.filter((id) => id !== t.id))}
              />
              <span className="truncate">
                <Shown text={t.name} />
              </span>
            </label>
          </li>
        ))}
      </ul>
      <p className="mt-1 text-sm text-ink-3">
        {chosen.length === 0
          ? 'All tables and workspace events.'
          : 'Only events of these tables, and no workspace events such as credits.'}
      </p>
    </fieldset>
  );
}
