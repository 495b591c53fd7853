import { useQuery } from '@tanstack/react-query';
import { suggestionsQuery } from '../api/search';
import { alike } from '@/lib/fold';
import { Shown } from '@/components/shown';

const MOST = 6;

/** Values that begin with the words; one click searches for one. Without words it says what can be typed. */
export function Suggestions({
  workspaceId: ws,
  words,
  onPick,
}: {
  workspaceId: string;
  words: string;
  onPick: (value: string) => void;
}) {
  const q = words.trim();
  const { data } = useQuery(suggestionsQuery(ws, q));
  const others = (q ? (data ?? []) : []).filter((s) => !alike(s.value, q)).slice(0, MOST);
  if (others.length === 0) {
    return (
      <p className="h-6 truncate text-sm leading-6 text-ink-3">
        “Quotes” find a phrase, <code>column:word</code> looks into one column.
      </p>
    );
  }
  return (
    <ul aria-label="Suggestions" className="flex h-6 gap-1.5 overflow-x-auto">
      {others.map((s) => (
        <li key={s.value} className="shrink-0">
          <button
            type="button"
            className="h-6 max-w-60 truncate rounded-md border border-line bg-surface px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink"
            onClick={() => onPick(s.value)}
          >
            <Shown text={s.value} />
          </button>
        </li>
      ))}
    </ul>
  );
}
