import type { ReplacedText, ReplaceSample } from '@/api/types';

/** What the calls of one replacement come to. */
export interface ReplaceSum {
  cells: number;
  rows: number;
  refused: number;
  samples: ReplaceSample[];
  misfits: ReplaceSample[];
  /** It was stopped before the last row. */
  stopped: boolean;
}

export const NOTHING: ReplaceSum = { cells: 0, rows: 0, refused: 0, samples: [], misfits: [], stopped: false };
const SAMPLES = 5;

/** Calls until no row is left or it is stopped; tells what there is so far after each call. */
export async function replaceEverywhere(
  call: (after: string | undefined) => Promise<ReplacedText>,
  progress: (sum: ReplaceSum) => void,
  isStopped: () => boolean,
): Promise<ReplaceSum> {
  let sum = NOTHING;
  let after: string | undefined;
  do {
    const part = await call(after);
    after = part.next;
    sum = {
      cells: sum.cells + part.cells,
      rows: sum.rows + part.rows,
      refused: sum.refused + part.refused,
      samples: [...sum.samples, ...(part.samples ?? [])].slice(0, SAMPLES),
      misfits: [...sum.misfits, ...(part.misfits ?? [])].slice(0, SAMPLES),
      stopped: after !== undefined && isStopped(),
    };
    progress(sum);
  } while (after !== undefined && !sum.stopped);
  return sum;
}
