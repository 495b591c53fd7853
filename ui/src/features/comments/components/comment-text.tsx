import type { CommentPerson } from '@/api/types';
import { Shown } from '@/components/shown';
import { useSession } from '@/lib/session';
import { cx } from '@/lib/cx';
import { partsOf } from '../text';

/** What a comment says, with the people whom it mentions. */
export function CommentText({ text, people }: { text: string; people: readonly CommentPerson[] }) {
  const me = useSession((s) => s.user?.id);
  return (
    <span className="block break-words whitespace-pre-wrap">
      {partsOf(text, people).map((part, i) =>
        'text' in part ? (
          <Shown key={i} text={part.text} />
        ) : (
          <span
            key={i}
            className={cx(
              'rounded px-1 font-medium',
              part.person.user_id === me ? 'bg-warning-soft text-warning-ink' : 'bg-primary-soft text-primary-ink',
            )}
          >
            @<Shown text={part.person.name || 'Former member'} />
          </span>
        ),
      )}
    </span>
  );
}
