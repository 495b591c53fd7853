import { useQuery } from '@tanstack/react-query';
import type { Drift } from '@/api/types';
import { Notice } from '@/components/states';
import { dateTime, sentence } from '@/lib/format';
import { driftQuery } from '../api/drift';

/** Says what has lately changed in a provider's replies; nothing where they are as ever. */
export function DriftNotice({ workspaceId: ws, provider }: { workspaceId: string; provider: string }) {
  const { data } = useQuery(driftQuery(ws));
  const changes = (data ?? []).filter((d) => d.provider === provider);
  if (changes.length === 0) return null;
  return (
    <Notice tone="warning">
      <p className="font-semibold">Its replies are not what they were</p>
      <ul className="mt-1 flex flex-col gap-1 text-sm">
        {changes.map((d) => (
          <li key={`${d.field ?? ''}/${d.code ?? ''}/${d.at}`}>
            {textOf(d)} <span className="text-ink-3">Since {dateTime(d.at)}</span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function textOf(d: Drift): string {
  if (d.code) return `Status ${d.code} meant “${sentence(d.was)}” and now means “${sentence(d.now)}”.`;
  const field = `The field ${d.field ?? ''}`;
  return d.now === 'absent' ? `${field} is gone.` : `${field} was ${d.was} and is ${d.now} now.`;
}
