import { z } from 'zod';

const value: z.ZodType<Value> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value), z.record(z.string(), value)]),
);
type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

const state = z.looseObject({
  state: z.string(),
  message: z.string().optional(),
  run_id: z.string().optional(),
  until: z.string().optional(),
});
const base = { position: z.number(), actor: z.unknown().optional() };
const cols = z.record(z.string(), z.array(value).nullable()).nullish();

/** What the stream of a table says. */
export const patchSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    ...base,
    kind: z.literal('cells'),
    rows: z.array(z.string()).nullish(),
    cols,
    states: z.record(z.string(), z.record(z.string(), state)).nullish(),
  }),
  z.looseObject({ ...base, kind: z.literal('rows_added'), rows: z.array(z.string()).nullish(), cols }),
  z.looseObject({ ...base, kind: z.literal('rows_deleted'), rows: z.array(z.string()).nullish() }),
  z.looseObject({ ...base, kind: z.literal('schema'), schema_version: z.number().optional() }),
  z.looseObject({ ...base, position: z.number().optional(), kind: z.literal('job'), job: z.unknown() }),
]);
export type Patch = z.infer<typeof patchSchema>;
