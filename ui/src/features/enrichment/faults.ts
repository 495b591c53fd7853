import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { EnrichmentConfig } from '@/api/types';
import { useDebounced } from '@/lib/use-debounced';
import { checkEnrichment } from './api/enrichment';

const PAUSE_MS = 350;

/** What the server finds wrong with the configuration, by field. */
export type Faults = ReadonlyMap<string, string>;
const NONE: Faults = new Map();

/** Checks the configuration on the server whenever typing pauses. */
export function useChecked(ws: string, table: string, column: string | null, config: EnrichmentConfig): Faults {
  const settled = useDebounced(config, PAUSE_MS);
  const check = useQuery({
    queryKey: ['enrichment-check', ws, table, column, settled],
    queryFn: async () => new Map((await checkEnrichment(ws, table, column, settled)).map((f) => [f.field, f.message])),
    enabled: settled.steps.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 10_000,
  });
  return settled.steps.length > 0 ? (check.data ?? NONE) : NONE;
}

interface Scope {
  faults: Faults;
  /** Of the fields inside, "steps[0]." for example. */
  prefix: string;
}
export const FaultScope = createContext<Scope>({ faults: NONE, prefix: '' });

/** What is wrong with a field of the part that the scope is for. */
export function useFault(field: string): string | undefined {
  const { faults, prefix } = useContext(FaultScope);
  return faults.get(prefix + field);
}

/** The scope of a step, within that of the whole configuration. */
export function useStepScope(step: number): Scope {
  const { faults } = useContext(FaultScope);
  return { faults, prefix: `steps[${String(step)}].` };
}
