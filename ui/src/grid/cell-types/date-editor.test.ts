import { describe, expect, it, vi } from 'vitest';
import { parseValue } from '../values';
import { DateEditor } from './date-editor';
import type { EditorParams } from './editor-params';

function open(type: 'date' | 'datetime', value: string | null, eventKey: string | null) {
  const stopEditing = vi.fn();
  const column_ = { id: 'c', name: 'Due', type, kind: 'data' as const, created_at: '' };
  const editor = new DateEditor();
  editor.init({ column_, value, eventKey, stopEditing } as unknown as EditorParams);
  document.body.replaceChildren(editor.getGui());
  editor.afterGuiAttached();
  const input = editor.getGui().querySelector('input') as HTMLInputElement;
  const type_ = (text: string): void => {
    input.value += text;
    input.dispatchEvent(new Event('input'));
  };
  const press = (key: string, at: Element = input): boolean =>
    at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  return {
    editor,
    input,
    type_,
    press,
    stopEditing,
    column_,
    said: () => editor.getGui().querySelector('[role="status"]')?.textContent,
  };
}

describe('the editor of dates', () => {
  it.each(['2024-12-31', '12/31/2024', '31.12.2024', '31 Dec 2024', 'Dec 31, 2024'])(
    'keeps every character of %s',
    (text) => {
      const e = open('date', null, text.charAt(0));
      e.type_(text.slice(1));
      expect(e.press('Enter')).toBe(true); // goes on to the grid, which ends the edit
      expect(parseValue(e.column_, e.editor.getValue())).toEqual({ ok: true, value: '2024-12-31' });
      expect(e.said()).toBe('2024-12-31');
    },
  );
  it.each(['about 2020', '2026-02-30', '03/04/2026', '20024-01-01'])('stays open on %s and says why', (text) => {
    const e = open('date', '2024-12-31', text.charAt(0));
    e.type_(text.slice(1));
    expect(e.press('Enter')).toBe(false);
    expect(e.editor.getValue()).toBe(text);
    expect(e.input.getAttribute('aria-invalid')).toBe('true');
    expect(e.said()).toContain(text);
  });
  it('chooses a day in the calendar by keyboard', () => {
    const e = open('date', '2024-12-31', null);
    e.press('ArrowDown');
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Tuesday, December 31, 2024');
    e.press('ArrowRight', document.activeElement as Element);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Wednesday, January 1, 2025');
    e.press('PageDown', document.activeElement as Element);
    e.press('Enter', document.activeElement as Element);
    expect(e.editor.getValue()).toBe('2025-02-01');
    expect(e.stopEditing).toHaveBeenCalledOnce();
  });
  it('keeps the time of day when another day is chosen', () => {
    const e = open('datetime', '2026-03-31T14:05:00+02:00', null);
    const day = e.editor.getGui().querySelector<HTMLElement>('[aria-label="Monday, March 30, 2026"]');
    day?.click();
    expect(parseValue(e.column_, e.editor.getValue())).toEqual({ ok: true, value: '2026-03-30T14:05:00+02:00' });
  });
});
