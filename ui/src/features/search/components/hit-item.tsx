import { Link } from 'react-router';
import type { SearchHit } from '@/api/types';
import { Marked } from '@/components/marked';
import { Badge, type Tone } from '@/components/states';
import { ago } from '@/lib/format';
import { placeOf } from '../api/search';
import { stateLabel } from '../labels';

const tones: Record<string, Tone> = { value: 'success', error: 'danger', not_found: 'warning' };

/** A row that was found: what it is called, where it is, and what matched. */
export function HitItem({ workspaceId: ws, hit }: { workspaceId: string; hit: SearchHit }) {
  const label = hit.matches.find((m) => m.html === hit.name_html);
  const matches = hit.matches.filter((m) => m !== label).slice(0, 3);
  return (
    <li>
      <Link to={placeOf(ws, hit)} data-hit className="block px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2">
        <span className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate font-medium">
            {hit.name ? <Marked html={hit.name_html} /> : <span className="text-ink-3">Row without a name</span>}
          </span>
          <span className="shrink-0 text-sm text-ink-3">{ago(hit.updated_at)}</span>
        </span>
        {matches.map((m) => (
          <span key={m.column_id} className="mt-0.5 flex gap-2 text-sm text-ink-2">
            <span className="max-w-32 shrink-0 truncate text-ink-3">{m.column}</span>
            <span className="min-w-0 flex-1 truncate">
              <Marked html={m.html} />
            </span>
          </span>
        ))}
        <span className="mt-1 flex flex-wrap items-center gap-1.5">
          <Badge>{hit.table_name}</Badge>
          {hit.tags.slice(0, 3).map((t) => (
            <Badge key={t} tone="primary">
              {t}
            </Badge>
          ))}
          {hit.states.map((s) => (
            <Badge key={s} tone={tones[s] ?? 'neutral'}>
              {stateLabel(s)}
            </Badge>
          ))}
        </span>
      </Link>
    </li>
  );
}
