import { describe, expect, it } from 'vitest';
import { partsOf, sent, suggested, typedName, written } from './text';

const id = (c: string) => `usr_01ARZ3NDEKTSV4RRFFQ69G500${c}`;
const ada = { user_id: id('A'), name: 'Ada' };
const adaL = { user_id: id('B'), name: 'Ada Lovelace' };

describe('mentions', () => {
  it('become ids when they are sent, and names when they are edited', () => {
    const wire = sent('@Ada Lovelace and @Ada, see @Nobody', [ada, adaL]);
    expect(wire).toBe(`<@${id('B')}> and <@${id('A')}>, see @Nobody`);
    expect(written(wire, [ada, adaL])).toBe('@Ada Lovelace and @Ada, see @Nobody');
  });
  it('are told apart from the text around them', () => {
    expect(partsOf(`Hi <@${id('A')}>!`, [ada])).toEqual([{ text: 'Hi ' }, { person: ada }, { text: '!' }]);
    expect(partsOf(`<@${id('A')}>`, [])).toEqual([{ text: `<@${id('A')}>` }]);
  });
});

describe('a name that is typed', () => {
  it('begins behind an @ that no address of mail has', () => {
    expect(typedName('Hi @ad', 6)).toEqual({ from: 3, name: 'ad' });
    expect(typedName('@', 1)).toEqual({ from: 0, name: '' });
    expect(typedName('me@ad', 5)).toBeNull();
    expect(typedName('Hi @ad\nx', 8)).toBeNull();
    expect(typedName('Hi', 2)).toBeNull();
  });
  it('finds people by name, surname and address', () => {
    const people = [
      { name: 'Grace Hopper', email: 'g@x' },
      { name: 'Ada', email: 'lovelace@x' },
    ];
    expect(suggested(people, 'hop').map((p) => p.name)).toEqual(['Grace Hopper']);
    expect(suggested(people, 'LOVE').map((p) => p.name)).toEqual(['Ada']);
    expect(suggested(people, 'zz')).toEqual([]);
  });
});
