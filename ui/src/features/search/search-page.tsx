import { useInfiniteQuery } from '@tanstack/react-query';
import { Bookmark, Search, X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useProviderName } from '@/api/providers';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button, IconButton } from '@/components/button';
import { Input, Select } from '@/components/field';
import { Page } from '@/components/page';
import { useDebounced } from '@/lib/use-debounced';
import { searchQuery } from './api/search';
import { FacetList } from './components/facet-list';
import { moveFocus, Results } from './components/results';
import { SaveDialog } from './components/save-dialog';
import { SavedSearches } from './components/saved-menu';
import { Suggestions } from './components/suggestions';
import { monthLabel, stateLabel } from './labels';
import { asks, facets, questionOf } from './question';

const names: Record<string, (value: string) => string> = {
  state: stateLabel,
  updated: monthLabel,
};
const SETTLE_MS = 200;

export function SearchPage() {
  const ws = useWorkspaceId();
  const [params, setParams] = useSearchParams();
  const question = useMemo(() => questionOf(params), [params]);
  const [saving, setSaving] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const toInput = useCallback(() => input.current?.focus(), []);
  const change = useCallback(
    (fn: (next: URLSearchParams) => void) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now);
          fn(next);
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return (
    <Page
      wide
      title="Search"
      actions={
        asks(question) && (
          <Button icon={<Bookmark size={14} />} onClick={() => setSaving(true)}>
            Save search
          </Button>
        )
      }
    >
      <div className="flex flex-wrap gap-x-2 gap-y-1.5">
        <Words key={params.get('q') === null ? 'empty' : 'words'} params={params} change={change} inputRef={input} />
        <Select
          aria-label="Sort by"
          className="max-w-40"
          value={params.get('sort') ?? ''}
          onChange={(e) => change((p) => (e.target.value ? p.set('sort', e.target.value) : p.delete('sort')))}
        >
          <option value="">Best match first</option>
          <option value="updated">Last changed first</option>
          <option value="created">Newest first</option>
          <option value="name">By name</option>
        </Select>
        <div className="w-full min-w-0">
          <Suggestions
            workspaceId={ws}
            words={params.get('q') ?? ''}
            onPick={(value) => {
              change((p) => p.set('q', value));
              toInput();
            }}
          />
        </div>
      </div>
      <div className="grid items-start gap-5 md:grid-cols-[200px_minmax(0,1fr)]">
        <Narrow params={params} change={change} />
        <Results workspaceId={ws} question={question} toInput={toInput} />
      </div>
      {saving && <SaveDialog workspaceId={ws} question={question} onClose={() => setSaving(false)} />}
    </Page>
  );
}

interface Parts {
  params: URLSearchParams;
  change: (fn: (next: URLSearchParams) => void) => void;
}

/** The words; what is typed goes into the address when the hand rests. */
function Words({ params, change, inputRef }: Parts & { inputRef: React.RefObject<HTMLInputElement | null> }) {
  const inAddress = params.get('q') ?? '';
  const [text, setText] = useState(inAddress);
  const settled = useDebounced(text, SETTLE_MS);
  const written = useRef(inAddress);
  useEffect(() => {
    if (settled === written.current) return;
    written.current = settled;
    change((p) => (settled ? p.set('q', settled) : p.delete('q')));
  }, [settled, change]);
  useEffect(() => {
    if (inAddress === written.current) return; // a saved search, or back
    written.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  return (
    <div className="relative min-w-60 flex-1">
      <Search size={15} aria-hidden className="pointer-events-none absolute top-2 left-2.5 text-ink-3" />
      <Input
        ref={inputRef}
        autoFocus
        type="text"
        inputMode="search"
        aria-label="Search the rows of all tables"
        placeholder="Words, “a phrase”, column:word"
        maxLength={1000}
        className="px-8"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => e.key === 'ArrowDown' && moveFocus(e, () => undefined)}
      />
      {text && (
        <IconButton
          label="Clear the words"
          size="sm"
          className="absolute top-0.5 right-0.5"
          onClick={() => {
            setText('');
            inputRef.current?.focus();
          }}
        >
          <X size={14} />
        </IconButton>
      )}
    </div>
  );
}

/** Saved searches and facets; on a small screen folded away. */
function Narrow({ params, change }: Parts) {
  const ws = useWorkspaceId();
  const question = useMemo(() => questionOf(params), [params]);
  const providerName = useProviderName();
  const found = useInfiniteQuery({ ...searchQuery(ws, question), enabled: asks(question) });
  const counts = asks(question) ? (found.data?.pages[0]?.meta.facets ?? {}) : {};
  const chosen = (facet: string): string[] => params.getAll(facet);
  const active = [...facets.map((f) => f.facet), 'updated'].filter((f) => params.has(f));
  const toggle = (facet: string, value: string): void =>
    change((p) => {
      const rest = p.getAll(facet).filter((v) => v !== value);
      const on = rest.length === p.getAll(facet).length;
      p.delete(facet);
      for (const v of facet === 'updated' ? [] : rest) p.append(facet, v);
      if (on) p.append(facet, value);
    });
  const valuesOf = (facet: string) => {
    const found = counts[facet] ?? [];
    const missing = chosen(facet).filter((v) => !found.some((b) => b.value === v));
    const label = facet === 'provider' ? providerName : (names[facet] ?? ((v: string) => v));
    return [
      ...found.map((b) => ({ value: b.value, label: b.label ?? label(b.value), count: b.count })),
      ...missing.map((value) => ({ value, label: label(value), count: null })),
    ];
  };
  const lists = (
    <div className="flex flex-col gap-4">
      <SavedSearches workspaceId={ws} />
      {active.length > 0 && (
        <Button size="sm" variant="ghost" onClick={() => change((p) => active.forEach((f) => p.delete(f)))}>
          Remove all filters
        </Button>
      )}
      {[...facets.map((f) => ({ facet: f.facet, label: f.label })), { facet: 'updated', label: 'Last changed' }].map(
        ({ facet, label }) => (
          <FacetList
            key={facet}
            label={label}
            values={valuesOf(facet)}
            chosen={chosen(facet)}
            onToggle={(v) => toggle(facet, v)}
          />
        ),
      )}
    </div>
  );
  return (
    <>
      <details className="rounded-lg border border-line bg-surface p-2 md:hidden">
        <summary className="cursor-pointer px-2 py-1 font-medium">Filters and saved searches</summary>
        <div className="mt-2">{lists}</div>
      </details>
      <aside aria-label="Filters" className="hidden md:block">
        {lists}
      </aside>
    </>
  );
}
