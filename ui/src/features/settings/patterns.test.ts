import { expect, it } from 'vitest';
import { matching, patterns, starts } from './patterns';

const types = ['run.finished.v1', 'run.started.v1', 'table.cells_edited.v1'];

it('reads patterns', () => {
  expect(patterns(' table.*,  run.finished ,')).toEqual(['table.*', 'run.finished']);
});

it('matches as the server does', () => {
  expect(matching('run.*', types)).toBe(2);
  expect(matching('*.finished table.cells_edited.v1', types)).toBe(2);
  expect(matching('run.finished', types)).toBe(1);
  expect(matching('run', types)).toBe(0);
  expect(matching('run(', types)).toBe(0);
});

it('names what to begin with', () => {
  expect(starts(types)).toEqual(['run.*', 'table.*']);
});
