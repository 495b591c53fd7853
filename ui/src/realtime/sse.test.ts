import { expect, it } from 'vitest';
import { EventStreamParser } from './sse';

it('reads events that arrive in any pieces', () => {
  const text = ': hello\n\nid: 7\nevent: patch\ndata: {"a":\ndata: 1}\n\nevent: ping\ndata: {}\n\n';
  for (const size of [1, 2, 3, 7, 200]) {
    const parser = new EventStreamParser();
    const events = [];
    for (let i = 0; i < text.length; i += size) events.push(...parser.push(text.slice(i, i + size)));
    expect(events).toEqual([
      { id: '7', event: 'patch', data: '{"a":\n1}' },
      { id: '7', event: 'ping', data: '{}' },
    ]);
  }
});
it('takes every kind of line end', () => {
  expect(new EventStreamParser().push('data: a\r\n\r\ndata: b\n\n').map((e) => e.data)).toEqual(['a', 'b']);
});
