// Written by make generate from adapters/httpapi/livestream; not to be changed by hand.
import { z } from 'zod';

type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
const value: z.ZodType<Value> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value), z.record(z.string(), value)]),
);

const actor = z.looseObject({ kind: z.string(), id: z.string().nullish(), user_id: z.string().nullish() }).nullish();

/** What the stream of a table says. */
export const patchSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('cells'),
    position: z.number(),
    actor,
    rows: z.array(z.string()).nullish(),
    cols: z.record(z.string(), z.array(value).nullable()).nullish(),
    states: z.record(z.string(), z.record(z.string(), z.looseObject({ state: z.string(), message: z.string().nullish(), confidence: z.number().nullish(), run_id: z.string().nullish(), until: z.string().nullish() }))).nullish(),
  }),
  z.looseObject({
    kind: z.literal('comment'),
    position: z.number(),
    actor,
    comment: z.looseObject({ thread_id: z.string(), row_id: z.string(), column_id: z.string().nullish(), mentions: z.array(z.string()).nullish() }).nullish(),
  }),
  z.looseObject({
    kind: z.literal('computed'),
    position: z.number(),
    actor,
  }),
  z.looseObject({
    kind: z.literal('job'),
    position: z.number(),
    actor,
    job: z.looseObject({ kind: z.string(), id: z.string(), event: z.string() }).nullish(),
  }),
  z.looseObject({
    kind: z.literal('rows_added'),
    position: z.number(),
    actor,
    rows: z.array(z.string()).nullish(),
    cols: z.record(z.string(), z.array(value).nullable()).nullish(),
  }),
  z.looseObject({
    kind: z.literal('rows_deleted'),
    position: z.number(),
    actor,
    rows: z.array(z.string()).nullish(),
  }),
  z.looseObject({
    kind: z.literal('rows_restored'),
    position: z.number(),
    actor,
    rows: z.array(z.string()).nullish(),
  }),
  z.looseObject({
    kind: z.literal('schema'),
    position: z.number(),
    actor,
    schema_version: z.number().nullish(),
  }),
]);
export type Patch = z.infer<typeof patchSchema>;
