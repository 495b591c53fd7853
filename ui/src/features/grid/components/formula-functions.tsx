import { useState } from 'react';
import type { FormulaFunction } from '@/api/types';
import { Input } from '@/components/field';

/** The functions that formulas have, to look up. */
export function FormulaFunctions({ functions }: { functions: readonly FormulaFunction[] }) {
  const [find, setFind] = useState('');
  const wanted = find.trim().toLowerCase();
  const list = functions.filter((f) => !wanted || `${f.signature} ${f.summary}`.toLowerCase().includes(wanted));
  const groups = [...new Set(list.map((f) => f.group))];
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 text-sm font-medium text-ink-2 select-none">Functions</summary>
      <div className="flex flex-col gap-2 border-t border-line p-3">
        <Input
          aria-label="Find a function"
          placeholder="Find a function"
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
        <div className="max-h-56 overflow-y-auto" tabIndex={0} role="region" aria-label="Functions">
          {groups.map((group) => (
            <section key={group} className="mb-2">
              <h3 className="py-1 text-sm font-semibold text-ink-3 capitalize">{group}</h3>
              <dl className="flex flex-col gap-1.5">
                {list
                  .filter((f) => f.group === group)
                  .map((f) => (
                    <div key={f.name} className="grid gap-x-3 sm:grid-cols-[220px_1fr]">
                      <dt className="font-mono text-sm text-ink">{f.signature}</dt>
                      <dd className="text-sm text-ink-2">
                        {f.summary}{' '}
                        <span className="font-mono text-ink-3">
                          {f.example} → {f.result}
                        </span>
                      </dd>
                    </div>
                  ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </details>
  );
}
