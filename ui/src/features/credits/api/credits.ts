import { api, type Answer } from '@/api/client';
import type { Cap, CreditProof, CreditTransaction } from '@/api/types';
import { inWorkspace } from '@/api/use-workspace';
import { saveBlob } from '@/lib/download';

export function transactions(
  ws: string,
  kind: string,
  cursor: string | undefined,
): Promise<Answer<CreditTransaction[] | null>> {
  return api.get<CreditTransaction[] | null>(`${inWorkspace(ws)}/credits/transactions`, {
    query: { kind, cursor, limit: 50 },
  });
}
export async function proof(ws: string): Promise<CreditProof> {
  return (await api.get<CreditProof>(`${inWorkspace(ws)}/credits/proof`)).data;
}
export async function setCaps(ws: string, caps: Cap[]): Promise<void> {
  await api.put(`${inWorkspace(ws)}/credits/caps`, { caps });
}
export async function grant(ws: string, amountMc: number, note: string): Promise<void> {
  await api.post(`${inWorkspace(ws)}/credits/grants`, { amount_mc: amountMc, note });
}
export async function downloadTransactions(ws: string): Promise<void> {
  const response = await api.stream(`${inWorkspace(ws)}/credits/transactions.csv`, { headers: { Accept: 'text/csv' } });
  saveBlob(await response.blob(), 'credit-transactions.csv');
}
