import { describe, expect, it } from 'vitest';
import type { Column, ColumnType, Filter } from '@/api/types';
import { filterOf, replaced, treeOf, withItem } from './filter-tree';
import { conditionOf, countConditions, isComplete, opsFor, withCondition } from './filters';

const column = (type: ColumnType, kind: Column['kind'] = 'data'): Column => ({
  id: 'c',
  name: 'C',
  type,
  kind,
  created_at: '',
});
const nested = {
  and: [
    { column: 'a', op: 'is', value: 'x' },
    { or: [{ column: 'b', op: 'empty' }, { and: [{ column: 'c', op: 'gt', value: 3 }] }] },
  ],
} satisfies Filter;

describe('a filter as a tree', () => {
  it('is the same filter again', () => {
    expect(filterOf(treeOf(nested))).toEqual(nested);
    expect(filterOf(treeOf(null))).toBeNull();
  });
  it('leaves out conditions without a value and groups without conditions', () => {
    const tree = treeOf(nested);
    const open = replaced(tree, [1, 0], { column: 'b', op: 'is', value: '' });
    expect(filterOf(replaced(open, [1, 1], { join: 'and', items: [] }))).toEqual({ and: [nested.and[0]] });
  });
  it('changes only what is at the path', () => {
    const tree = treeOf(nested);
    expect(filterOf(replaced(tree, [1, 1, 0], null))).toEqual({
      and: [nested.and[0], { or: [{ column: 'b', op: 'empty' }] }],
    });
    expect(filterOf(withItem(tree, [1], { column: 'd', op: 'not_empty' }))).toMatchObject({
      and: [{}, { or: [{}, {}, { column: 'd' }] }],
    });
    expect(filterOf(withItem(tree, [], { column: 'd', op: 'not_empty' }))).toMatchObject({ and: [{}, {}, {}] });
  });
  it('counts its conditions, those of groups too', () => {
    expect(countConditions(withCondition(nested, { column: 'b', op: 'empty' }))).toBe(4);
  });
});

describe('operators', () => {
  const types: ColumnType[] = ['text', 'number', 'date', 'datetime', 'boolean', 'select', 'multi_select', 'json'];
  it.each(types)('of %s begin with a condition that the editor can show', (type) => {
    for (const info of opsFor(column(type, 'enrichment'))) {
      const condition = conditionOf(column(type), info);
      expect(condition.op).toBe(info.op);
      if (info.input === 'none' || info.input === 'period') expect(isComplete(condition)).toBe(true);
      if (info.input === 'texts' || info.input === 'list') expect(isComplete(condition)).toBe(false);
    }
  });
  it('have one name each for a type', () => {
    for (const type of types) {
      const labels = opsFor(column(type)).map((o) => o.label);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });
});
