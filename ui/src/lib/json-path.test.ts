import { describe, expect, it } from 'vitest';
import { nameOfPath, pathOf } from './json-path';

describe('pathOf', () => {
  it.each([
    ['$', 'name', '$.name'],
    ['$.data', 0, '$.data[0]'],
    ['$', 'two words', "$['two words']"],
    ['$', "it's", "$['it\\'s']"],
    ['$', '', "$['']"],
    ['$', '1st', "$['1st']"],
  ])('%s and %s make %s', (parent, key, path) => {
    expect(pathOf(parent, key)).toBe(path);
  });
});

describe('nameOfPath', () => {
  it.each([
    ['$.data.name', 'name'],
    ['$.emails[0]', 'emails'],
    ["$['Two Words']", 'two_words'],
    ["$['1st']", 'st'],
    ['$[0]', 'value'],
    ['$', 'value'],
  ])('%s is called %s', (path, name) => {
    expect(nameOfPath(path)).toBe(name);
  });
});
