import { expect, it } from 'vitest';
import type { EditorParams } from './editor-params';
import { OptionsEditor } from './editors';

function shown(text: string): string[] {
  const options = ['Étoile', 'Straße', 'Ёлка'].map((name) => ({ id: name, name }));
  const column_ = { id: 'c', name: 'Kind', type: 'select' as const, kind: 'data' as const, created_at: '', options };
  const editor = new OptionsEditor();
  editor.init({ column_, value: null, eventKey: null } as unknown as EditorParams);
  const search = editor.getGui().querySelector('input') as HTMLInputElement;
  search.value = text;
  search.dispatchEvent(new Event('input'));
  return [...editor.getGui().querySelectorAll('[role="option"]')].map((o) => o.textContent);
}

it('finds options by their folded form, and makes one whose letters differ in more than case', () => {
  expect(shown('etoi')).toEqual(['Étoile', 'Create etoi']);
  expect(shown('STRASSE')).toEqual(['Straße', 'Create STRASSE']);
  expect(shown('елк')).toEqual(['Ёлка', 'Create елк']);
  expect(shown('éTOILE')).toEqual(['Étoile']);
});
