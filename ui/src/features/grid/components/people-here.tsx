import { Avatar } from '@/components/avatar';
import { spelled } from '@/lib/signs';
import type { Other } from '../use-presence';

const SHOWN = 4;

/** Who else has the table open. */
export function PeopleHere({ others }: { others: readonly Other[] }) {
  if (others.length === 0) return null;
  const rest = others.length - SHOWN;
  return (
    <ul aria-label="Also in this table" className="flex shrink-0 items-center -space-x-1.5">
      {others.slice(0, SHOWN).map((o) => {
        const says = spelled(o.editing ? `${o.name} is editing` : o.name);
        return (
          <li key={o.id} title={says} className="flex rounded-full ring-2 ring-surface">
            <Avatar name={o.name} />
            <span className="sr-only">{says}</span>
          </li>
        );
      })}
      {rest > 0 && (
        <li
          title={spelled(
            others
              .slice(SHOWN)
              .map((o) => o.name)
              .join(', '),
          )}
          className="flex size-6 items-center justify-center rounded-full bg-active text-xs font-semibold ring-2 ring-surface"
        >
          +{rest}
        </li>
      )}
    </ul>
  );
}
