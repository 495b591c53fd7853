import { expect, it } from 'vitest';
import { serverEvents } from './sse';

function answer(text: string, size: number): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(
    new ReadableStream({
      start(c) {
        for (let i = 0; i < bytes.length; i += size) c.enqueue(bytes.slice(i, i + size));
        c.close();
      },
    }),
  );
}
async function read(text: string, size: number): Promise<unknown[]> {
  const out = [];
  for await (const { id, event, data } of serverEvents(answer(text, size))) out.push({ id, event, data });
  return out;
}

it.each([1, 2, 3, 7, 200])('reads events that arrive in pieces of %i bytes', async (size) => {
  const text = ': hello\n\nid: 7\nevent: patch\ndata: {"a":\ndata: "é"}\n\nevent: ping\ndata: {}\n\n';
  expect(await read(text, size)).toEqual([
    { id: '7', event: 'patch', data: '{"a":\n"é"}' },
    { id: undefined, event: 'ping', data: '{}' },
  ]);
});
it('takes every kind of line end', async () => {
  expect(await read('data: a\r\n\r\ndata: b\n\n', 200)).toMatchObject([{ data: 'a' }, { data: 'b' }]);
});
it('leaves out an event that was cut off', async () => {
  expect(await read('data: a\n\ndata: b', 200)).toMatchObject([{ data: 'a' }]);
});
