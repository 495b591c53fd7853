import { fireEvent, render, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { UndoAnswer } from '@/api/types';
import { useUndo, useUndoKeys, type UndoHost } from './use-undo';

const calls = vi.hoisted(() => ({ names: [] as string[], answers: [] as ((a: unknown) => void)[] }));
vi.mock('./api/rows', () => ({
  takeBack: (_ws: string, _table: string, name: string, steps?: string[], force?: boolean) => {
    calls.names.push([name, steps?.join(), force ? 'force' : ''].filter(Boolean).join(' '));
    return new Promise((answer) => calls.answers.push(answer));
  },
}));
const answer = (change: Partial<UndoAnswer> = {}): { data: UndoAnswer; position: number } => ({
  data: { undone_step: 's1', label: 'Paste', cells: 1, rows: 0, conflicts: [], ...change },
  position: 9,
});

function Page({ host }: { host: UndoHost }) {
  useUndoKeys(useUndo(host), true);
  return (
    <>
      <input aria-label="field" />
      <input aria-label="tick" type="checkbox" />
      <textarea aria-label="text" />
      <button>elsewhere</button>
    </>
  );
}
function show(host: Partial<Pick<UndoHost, 'settled'>> = {}) {
  const full = {
    workspaceId: 'w',
    tableId: 't',
    settled: () => Promise.resolve(),
    done: vi.fn(),
    show: vi.fn<UndoHost['show']>(),
    ...host,
  };
  return { ...render(<Page host={full} />), host: full };
}
const press = (at: Element): void => void fireEvent.keyDown(at, { key: 'z', ctrlKey: true });

beforeEach(() => {
  calls.names.length = calls.answers.length = 0;
});

it('queues quick presses and drops none', async () => {
  const { host } = show();
  for (let i = 0; i < 10; i++) press(document.body);
  for (let i = 0; i < 10; i++) {
    await waitFor(() => expect(calls.answers).toHaveLength(i + 1)); // one at a time
    calls.answers[i]?.(answer());
  }
  await waitFor(() => expect(host.done).toHaveBeenCalledTimes(10));
  expect(host.done).toHaveBeenLastCalledWith(9);
});
it('waits for edits under way', async () => {
  let settle: () => void = () => undefined;
  show({ settled: () => new Promise((done) => (settle = done)) });
  press(document.body);
  await Promise.resolve();
  expect(calls.names).toEqual([]);
  settle();
  await waitFor(() => expect(calls.names).toEqual(['undo']));
});
it('works wherever the focus is, but in a field of text', async () => {
  const { getByRole, getByLabelText } = show();
  press(getByLabelText('field'));
  press(getByLabelText('text'));
  press(getByRole('button'));
  await waitFor(() => expect(calls.answers).toHaveLength(1));
  calls.answers[0]?.(answer());
  press(getByLabelText('tick'));
  await waitFor(() => expect(calls.names).toEqual(['undo', 'undo']));
});
it('shows what was left and forces the step by its id', async () => {
  const conflicts = [{ row_id: 'r', current: 1, would_be: 2 }];
  const { host } = show();
  press(document.body);
  await waitFor(() => expect(calls.answers).toHaveLength(1));
  calls.answers[0]?.(answer({ conflicts, cells: 0 }));
  await waitFor(() => expect(host.show).toHaveBeenCalled());
  const overlay = host.show.mock.lastCall?.[0];
  if (overlay?.kind !== 'conflicts') throw new Error('no conflicts are shown');
  overlay.force();
  await waitFor(() => expect(calls.names.at(-1)).toBe('undo s1 force'));
});
