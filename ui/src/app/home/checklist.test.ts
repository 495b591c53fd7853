import { describe, expect, it } from 'vitest';
import { stepsFor, type Had } from './checklist';

const all = () => true;
const none: Had = { tables: 0, runs: 0, keys: 0, members: 1 };
const done = (had: Had) =>
  stepsFor(had, all)
    .filter((s) => s.done)
    .map((s) => s.id);

describe('the first steps', () => {
  it('are all open in a new workspace', () => {
    expect(stepsFor(none, all).map((s) => [s.id, s.done])).toEqual([
      ['table', false],
      ['run', false],
      ['key', false],
      ['team', false],
    ]);
  });
  it.each<[string, Had, string[]]>([
    ['a table', { ...none, tables: 1 }, ['table']],
    ['a run', { ...none, tables: 1, runs: 3 }, ['table', 'run']],
    ['a key', { ...none, keys: 1 }, ['key']],
    ['a second member', { ...none, members: 2 }, ['team']],
  ])('are done by %s', (_, had, want) => expect(done(had)).toEqual(want));
  it('go away when all are done', () => {
    expect(stepsFor({ tables: 1, runs: 1, keys: 1, members: 2 }, all)).toEqual([]);
  });
  it('wait until everything is known', () => expect(stepsFor({ ...none, keys: undefined }, all)).toEqual([]));
  it('are those that the member may take', () => {
    const member = (action: string) => ['tables.manage', 'enrichments.run'].includes(action);
    expect(stepsFor({ tables: 0, runs: 0 }, member).map((s) => s.id)).toEqual(['table', 'run']);
    expect(stepsFor(none, () => false)).toEqual([]);
  });
});
