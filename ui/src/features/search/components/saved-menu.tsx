import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bookmark, Trash2 } from 'lucide-react';
import { useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { IconButton } from '@/components/button';
import { Shown } from '@/components/shown';
import { toast } from '@/lib/toasts';
import { deleteSearch, savedSearchesQuery } from '../api/search';
import { paramsOf } from '../question';

/** The saved searches: one click carries one out again. */
export function SavedSearches({ workspaceId: ws }: { workspaceId: string }) {
  const saved = useQuery(savedSearchesQuery(ws));
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: (id: string) => deleteSearch(ws, id),
    onSuccess: () => client.invalidateQueries({ queryKey: savedSearchesQuery(ws).queryKey }),
    onError: (e) => toast.error(messageOf(e)),
  });
  if (!saved.data?.length) return null;
  return (
    <nav aria-label="Saved searches">
      <h2 className="mb-1 px-2 text-sm font-medium text-ink-3">Saved</h2>
      <ul>
        {saved.data.map((s) => (
          <li key={s.id} className="group flex items-center rounded-md hover:bg-hover">
            <button
              type="button"
              className="flex h-7 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left"
              onClick={() => void navigate(`/w/${ws}/search?${paramsOf(s.query).toString()}`)}
            >
              <Bookmark size={13} className="shrink-0 text-ink-3" aria-hidden />
              <span className="min-w-0 flex-1 truncate">
                <Shown text={s.name} />
              </span>
              {s.shared && !s.mine && <span className="text-sm text-ink-3">shared</span>}
            </button>
            {s.mine && (
              <IconButton
                label={`Delete the saved search ${s.name}`}
                size="sm"
                className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
                onClick={() => remove.mutate(s.id)}
              >
                <Trash2 size={13} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}
