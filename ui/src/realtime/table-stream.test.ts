import { expect, it, vi } from 'vitest';
import { TableStream } from './table-stream';

function answer(text: string): Response {
  return new Response(text);
}

it('goes on after a break from the last position, and reloads when told', async () => {
  const seen: (string | undefined)[] = [];
  const patches: number[] = [];
  const reload = vi.fn();
  const opened = vi.fn();
  const presence = vi.fn();
  const texts = [
    'event: ping\ndata: {"schema_version":3,"row_count":8}\n\nevent: presence\ndata: {"people":[{"user_id":"u","window":"w"}]}\n\nid: 11\nevent: patch\ndata: {"position":11,"kind":"cells","rows":["r"],"cols":{"c":["v"]}}\n\n',
    'id: 12\nevent: reload\ndata: {"reason":"too far behind"}\n\n',
  ];
  const stream = new TableStream(
    {
      open: (last, signal) => {
        seen.push(last);
        const text = texts.shift();
        return text
          ? Promise.resolve(answer(text))
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('closed'))));
      },
    },
    { patch: (p) => patches.push(p.position), reload, connected: () => undefined, opened, presence },
    10,
  ).start();
  await vi.waitFor(() => expect(patches).toEqual([11]));
  window.dispatchEvent(new Event('online'));
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce(), 3000);
  window.dispatchEvent(new Event('online'));
  await vi.waitFor(() => expect(seen).toEqual(['10', '11', '12']), 3000);
  expect(opened.mock.calls).toEqual([[{ schema_version: 3, row_count: 8 }]]);
  expect(presence.mock.calls.slice(0, 2)).toEqual([[[]], [[{ user_id: 'u', window: 'w' }]]]);
  stream.stop();
});
