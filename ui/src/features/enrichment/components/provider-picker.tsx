import { Plus, Search } from 'lucide-react';
import { useState } from 'react';
import type { Provider } from '@/api/types';
import { Button } from '@/components/button';
import { Avatar } from '@/components/avatar';
import { Badge } from '@/components/states';
import { credits, sentence } from '@/lib/format';
import { holds } from '@/lib/fold';

/** The list of providers with search, by category; picking one adds it to the waterfall. */
export function ProviderPicker({
  providers,
  empty,
  onPick,
}: {
  providers: Provider[];
  empty: boolean;
  onPick: (p: Provider) => void;
}) {
  const [open, setOpen] = useState(empty);
  const [text, setText] = useState('');
  if (!open) {
    return (
      <div>
        <Button size="sm" icon={<Plus size={14} />} onClick={() => setOpen(true)}>
          Add provider
        </Button>
      </div>
    );
  }
  const found = providers.filter((p) => holds(`${p.name} ${p.description} ${p.category}`, text));
  const groups = [...new Set(found.map((p) => p.category))];
  return (
    <div className="overflow-hidden rounded-md border border-line">
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search size={14} className="text-ink-3" />
        <input
          value={text}
          aria-label="Find a provider"
          placeholder="Find a provider"
          onChange={(e) => setText(e.target.value)}
          className="h-9 flex-1 bg-transparent outline-none"
        />
      </div>
      <div className="max-h-72 overflow-y-auto p-1">
        {found.length === 0 && <p className="p-4 text-center text-ink-3">No provider fits.</p>}
        {groups.map((g) => (
          <section key={g} aria-label={sentence(g)}>
            <h3 className="px-2 pt-2 pb-1 text-xs font-semibold tracking-wide text-ink-3 uppercase">{sentence(g)}</h3>
            {found
              .filter((p) => p.category === g)
              .map((p) => (
                <button
                  key={p.slug}
                  type="button"
                  onClick={() => {
                    onPick(p);
                    setOpen(false);
                    setText('');
                  }}
                  className="flex w-full items-start gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover"
                >
                  <Avatar name={p.name} square size={26} />
                  <span className="min-w-0 flex-1">
                    <span className="block font-medium">{p.name}</span>
                    <span className="line-clamp-1 block text-sm text-ink-2">{p.description}</span>
                  </span>
                  <PriceBadge provider={p} />
                </button>
              ))}
          </section>
        ))}
      </div>
    </div>
  );
}

export function PriceBadge({ provider }: { provider: Provider }) {
  if (provider.price_mc > 0) return <Badge tone="primary">{credits(provider.price_mc)} / answer</Badge>;
  return provider.auth === 'key' || provider.dynamic ? <Badge>Own key</Badge> : <Badge tone="success">Free</Badge>;
}
