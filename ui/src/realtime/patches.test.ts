import { expect, it } from 'vitest';
import { patchSchema } from './patches.gen';
import samples from './patches.samples.json';

it.each(samples.map((s) => [s.kind, s] as const))('reads a patch of the kind %s', (_kind, sample) => {
  const read = patchSchema.safeParse(sample);
  expect(read.error).toBeUndefined();
  expect(read.data).toEqual(sample);
});
