import type { ICellEditorParams } from 'ag-grid-community';
import { spelled } from '@/lib/signs';
import type { GridContext } from '../context';
import type { CellValue, Column, GridRow } from '../model';

export type EditorParams = ICellEditorParams<GridRow, CellValue, GridContext> & { column_: Column };

export const printable = (key: string | null): key is string => key !== null && key.length === 1;

/**
 * A cell that was typed into is being entered: arrows end the edit and move on. F2, a click or Enter on the cell edit what is there:
 * arrows move the caret. F2 changes from one to the other.
 */
export interface EntersText {
  entering: boolean;
}
export const entersText = (editor: unknown): editor is EntersText =>
  typeof editor === 'object' && editor !== null && 'entering' in editor && editor.entering === true;

/** Keeps `entering` in step with F2 and the mouse. */
export function followEntering(field: HTMLElement, editor: EntersText): void {
  field.addEventListener('mousedown', () => (editor.entering = false));
  field.addEventListener('keydown', (e) => {
    if (e.key === 'F2') editor.entering = !editor.entering;
  });
}

/** Gives the dialog, in which the grid shows an editor over a cell, the name of the column. */
export function nameDialog(editor: HTMLElement, column: string): void {
  editor.closest('[role="dialog"]')?.setAttribute('aria-label', spelled(column));
}
