import { useInfiniteQuery } from '@tanstack/react-query';
import { SearchX, TextSearch } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { messageOf } from '@/api/errors';
import type { SearchQuestion } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { Empty, Notice, SkeletonRows } from '@/components/states';
import { plural } from '@/lib/format';
import { searchQuery } from '../api/search';
import { asks } from '../question';
import { HitItem } from './hit-item';

/** Arrow keys go from hit to hit; up from the first leads back to the words. */
export function moveFocus(e: KeyboardEvent<HTMLElement>, toInput: () => void): void {
  if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  const hits = [...document.querySelectorAll<HTMLElement>('[data-hit]')];
  const now = hits.findIndex((h) => h === document.activeElement);
  const next = now + (e.key === 'ArrowDown' ? 1 : -1);
  e.preventDefault();
  if (next < 0) toInput();
  else hits[next]?.focus();
}

export function Results({
  workspaceId: ws,
  question,
  toInput,
}: {
  workspaceId: string;
  question: SearchQuestion;
  toInput: () => void;
}) {
  const active = asks(question);
  const found = useInfiniteQuery({ ...searchQuery(ws, question), enabled: active });
  if (!active) {
    return (
      <Card>
        <Empty
          icon={<TextSearch size={20} />}
          title="Search the rows of all tables"
          text={
            <>
              Words match what begins with them, and a letter or two may be wrong. Use <code>"quotes"</code> for a
              phrase and <code>column:word</code> to look into one column.
            </>
          }
        />
      </Card>
    );
  }
  if (found.isPending) {
    return (
      <Card flush>
        <SkeletonRows rows={8} />
      </Card>
    );
  }
  if (found.isError) {
    return (
      <Notice tone="danger" action={<Button onClick={() => void found.refetch()}>Try again</Button>}>
        {messageOf(found.error)}
      </Notice>
    );
  }
  const total = found.data.pages[0]?.meta.total ?? 0;
  const hits = found.data.pages.flatMap((p) => p.data);
  if (hits.length === 0) {
    return (
      <Card>
        <Empty
          icon={<SearchX size={20} />}
          title="Nothing was found"
          text="Every word must be in the row. Try fewer words, or take a filter away."
        />
      </Card>
    );
  }
  return (
    <Card flush>
      <p role="status" className="border-b border-line px-4 py-2 text-sm text-ink-3">
        {plural(total, 'row')}
      </p>
      <ul
        aria-label="Found rows"
        className={found.isPlaceholderData ? 'divide-y divide-line opacity-60' : 'divide-y divide-line'}
        onKeyDown={(e) => moveFocus(e, toInput)}
      >
        {hits.map((hit) => (
          <HitItem key={hit.row_id} workspaceId={ws} hit={hit} />
        ))}
      </ul>
      {found.hasNextPage && (
        <div className="flex justify-center border-t border-line p-2.5">
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
