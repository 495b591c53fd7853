import type { Column, ColumnType, EnrichmentConfig, EnrichmentStep, NewOutput, Provider } from '@/api/types';
import { nameKey } from '@/lib/fold';
import { outputsOf, typeOfField } from './config';

/** Where a further field of the accepted answer goes: into a column that is there, or into a new one. */
export type Fill = { columnId: string } | { name: string; type: ColumnType };
export type Fills = Record<string, Fill>;

export interface FieldOfAnswer {
  name: string;
  label: string;
  type: ColumnType;
}

/** The fields that any step of the waterfall may answer, each once. */
export function fieldsOf(steps: readonly EnrichmentStep[], providers: readonly Provider[]): FieldOfAnswer[] {
  const fields = new Map<string, FieldOfAnswer>();
  for (const step of steps) {
    const provider = providers.find((p) => p.slug === step.provider);
    const own = provider?.dynamic
      ? Object.entries(outputsOf(step.config)).map(([name, o]) => ({ name, label: name, type: o.type }))
      : (provider?.outputs ?? []);
    for (const f of own)
      if (!fields.has(f.name)) fields.set(f.name, { name: f.name, label: f.label, type: typeOfField(f.type) });
  }
  return [...fields.values()];
}

/** The fields that every step gives to the column itself; they need no other. */
export const isMain = (steps: readonly EnrichmentStep[], field: string): boolean =>
  steps.every((s) => s.output === field);

/** What a saved configuration fills; a column that was deleted is left out. */
export function fillsOf(config: EnrichmentConfig, columns: readonly Column[]): Fills {
  return Object.fromEntries(
    (config.outputs ?? [])
      .filter((o) => columns.some((c) => c.id === o.column_id))
      .map((o) => [o.output, { columnId: o.column_id }]),
  );
}

/** The fill that a tick begins with: a new column with the field's name, numbered where that is taken. */
export function newFill(field: FieldOfAnswer, columns: readonly Column[], fills: Fills): Fill {
  const taken = new Set(columns.map((c) => nameKey(c.name)));
  for (const f of Object.values(fills)) if ('name' in f) taken.add(nameKey(f.name));
  let name = field.label;
  for (let n = 2; taken.has(nameKey(name)); n++) name = `${field.label} ${String(n)}`;
  return { name, type: field.type };
}

/** The fills as a request has them. Fields that no step answers any more are left out. */
export function splitFills(
  fills: Fills,
  fields: readonly FieldOfAnswer[],
): { outputs: { output: string; column_id: string }[]; added: NewOutput[] } {
  const outputs: { output: string; column_id: string }[] = [];
  const added: NewOutput[] = [];
  for (const [output, fill] of Object.entries(fills)) {
    if (!fields.some((f) => f.name === output)) continue;
    if ('columnId' in fill) outputs.push({ output, column_id: fill.columnId });
    else added.push({ output, name: fill.name.trim(), type: fill.type });
  }
  return { outputs, added };
}
