import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { EditorParams } from './editor-params';
import { OptionsEditor, TextareaEditor } from './editors';

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

it('says what it is to a screen reader', () => {
  const dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  const column_ = { id: 'c', name: 'Ki\u202end', type: 'multi_select' as const, kind: 'data' as const, created_at: '' };
  const params = {
    column_: { ...column_, options: [{ name: 'A' }, { name: 'B' }] },
    value: ['B'],
    eventKey: null,
    column: { getActualWidth: () => 100 },
  };
  for (const editor of [new OptionsEditor(), new TextareaEditor()]) {
    editor.init(params as unknown as EditorParams);
    dialog.replaceChildren(editor.getGui());
    editor.afterGuiAttached();
    expect(dialog).toHaveAttribute('aria-label', 'Ki[RLO]nd');
    dialog.removeAttribute('aria-label');
  }
  const list = new OptionsEditor();
  list.init(params as unknown as EditorParams);
  document.body.replaceChildren(list.getGui());
  const search = screen.getByRole('combobox', { name: 'Option of Ki[RLO]nd' });
  expect(search.getAttribute('aria-controls')).toBe(screen.getByRole('listbox', { name: 'Options of Ki[RLO]nd' }).id);
  search.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  const current = document.getElementById(search.getAttribute('aria-activedescendant') ?? '');
  expect(current).toHaveTextContent('B');
  expect(current).toHaveAttribute('aria-selected', 'true');
});
