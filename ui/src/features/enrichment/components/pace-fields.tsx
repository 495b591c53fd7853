import type { EnrichmentStep, Provider } from '@/api/types';
import { Field } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';

type PaceField = 'per_second' | 'concurrency' | 'timeout_seconds';
const LONGEST = 120;

/** How fast a step asks a server of the workspace's own, within what the provider allows. */
export function PaceFields({
  provider,
  step,
  onChange,
}: {
  provider: Provider;
  step: EnrichmentStep;
  onChange: (step: EnrichmentStep) => void;
}) {
  const { limits, ceiling } = provider;
  const most = (usual?: number, top?: number): number => Math.max(usual ?? 0, top ?? 0);
  const fields: { name: PaceField; label: string; usual: number; most: number }[] = [
    {
      name: 'per_second',
      label: 'Calls a second',
      usual: limits.per_second ?? 0,
      most: most(limits.per_second, ceiling?.per_second),
    },
    {
      name: 'concurrency',
      label: 'Calls at once',
      usual: limits.concurrency ?? 0,
      most: most(limits.concurrency, ceiling?.concurrency),
    },
    { name: 'timeout_seconds', label: 'Longest answer, seconds', usual: 30, most: LONGEST },
  ];
  const set = (name: PaceField, value: number | null): void => {
    const { pace, ...rest } = step;
    const next = { ...pace, [name]: value ?? 0 };
    onChange(fields.some((f) => next[f.name]) ? { ...rest, pace: next } : rest);
  };
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-2 font-medium">How fast it asks</summary>
      <div className="grid gap-3 border-t border-line p-3 sm:grid-cols-3">
        {fields.map((f) => (
          <Field key={f.name} label={f.label} optional hint={f.most > 0 ? `At most ${String(f.most)}` : undefined}>
            {(ids) => (
              <NumberInput
                {...ids}
                whole
                min={1}
                max={f.most || 1000}
                placeholder={f.usual ? String(f.usual) : undefined}
                value={step.pace?.[f.name] || null}
                onChange={(n) => set(f.name, n)}
              />
            )}
          </Field>
        ))}
      </div>
    </details>
  );
}
