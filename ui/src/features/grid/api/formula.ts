import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { CheckedFormula, Column, FormulaFunction } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';
import { tablePath } from './table';

export interface FormulaCheck {
  expression: string;
  type?: Column['type'];
  column_id?: string;
  row_id?: string;
}

/** Asks what a written formula is, and what it makes of a row. */
export async function checkFormula(ws: string, table: string, check: FormulaCheck): Promise<CheckedFormula> {
  return (await api.post<CheckedFormula>(`${tablePath(ws, table)}/formula:check`, check)).data;
}

export const formulaFunctionsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['formula-functions', ws],
    queryFn: async () => (await api.get<FormulaFunction[]>(`${inWorkspace(ws)}/formula-functions`)).data,
    staleTime: Infinity,
  });
