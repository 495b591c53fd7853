import { describe, expect, it, vi } from 'vitest';
import { ApiClient } from './client';
import { ApiError, NetworkError } from './errors';

const ok = (data: unknown, headers: Record<string, string> = {}): Response =>
  Response.json({ success: true, data, error: null, meta: {} }, { headers });
const no = (status: number, code: string): Response =>
  Response.json(
    {
      success: false,
      data: null,
      error: { code, message: code, details: [{ field: 'name', message: 'taken' }] },
      meta: { request_id: 'req_1' },
    },
    { status },
  );
const signedIn = { access_token: 'fresh', user: {}, expires_at: '' };

const requestURL = (input: RequestInfo | URL): string =>
  typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;

function clientOf(answer: (path: string, headers: Headers, n: number) => Response) {
  const fetcher = vi.fn((url: RequestInfo | URL, init?: RequestInit) =>
    Promise.resolve(answer(requestURL(url), new Headers(init?.headers), fetcher.mock.calls.length)),
  );
  return { client: new ApiClient(fetcher), fetcher };
}
const paths = (fetcher: ReturnType<typeof clientOf>['fetcher']): string[] =>
  fetcher.mock.calls.map(([u]) => requestURL(u));

describe('the client', () => {
  it('gets a token through the cookie first, once for all that wait', async () => {
    const { client, fetcher } = clientOf((path) => (path.endsWith('/auth/refresh') ? ok(signedIn) : ok([])));
    await Promise.all([client.get('/a'), client.get('/b'), client.get('/c')]);
    expect(paths(fetcher).filter((p) => p.endsWith('/auth/refresh'))).toHaveLength(1);
    expect(new Headers(fetcher.mock.calls.at(-1)?.[1]?.headers).get('Authorization')).toBe('Bearer fresh');
  });
  it('neither refreshes nor repeats what a signed-in person typed wrong', async () => {
    for (const code of ['INVALID_CREDENTIALS', 'INVALID_CODE']) {
      const { client, fetcher } = clientOf(() => no(401, code));
      client.setToken('good');
      await expect(client.post('/auth/second-factor/confirm', {})).rejects.toMatchObject({ code });
      expect(fetcher).toHaveBeenCalledTimes(1);
    }
  });

  it('refreshes once on 401 and repeats a write under the same key', async () => {
    const keys: (string | null)[] = [];
    const { client, fetcher } = clientOf((path, headers) => {
      if (path.endsWith('/auth/refresh')) return ok(signedIn);
      if (path.endsWith('/write')) keys.push(headers.get('Idempotency-Key'));
      return headers.get('Authorization') === 'Bearer fresh' ? ok({}) : no(401, 'UNAUTHORIZED');
    });
    client.setToken('old');
    await Promise.all([client.post('/write', {}), client.get('/read')]);
    expect(paths(fetcher).filter((p) => p.endsWith('/auth/refresh'))).toHaveLength(1);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).toBeTruthy();
  });
  it('makes no call for one user as another', async () => {
    const { client, fetcher } = clientOf(() => ok({}));
    client.setToken('t', 'usr_bob');
    await expect(client.patch('/cells', {}, { as: 'usr_ann' })).rejects.toMatchObject({ status: 401 });
    expect(fetcher).not.toHaveBeenCalled();
    await client.patch('/cells', {}, { as: 'usr_bob', gesture: 'paste-1' });
    expect(new Headers(fetcher.mock.lastCall?.[1]?.headers).get('Morket-Gesture')).toBe('paste-1');
  });
  it('takes no session that somebody else has begun in another tab', async () => {
    const other = { ...signedIn, user: { id: 'usr_bob' } };
    const { client, fetcher } = clientOf((path) =>
      path.endsWith('/auth/refresh') ? ok(other) : no(401, 'UNAUTHORIZED'),
    );
    const over = vi.fn();
    client.onSignedOut(over);
    client.setToken('old', 'usr_ann');
    await expect(client.post('/write', {})).rejects.toMatchObject({ status: 401 });
    expect(over).toHaveBeenCalledOnce();
    expect(paths(fetcher).filter((p) => p.endsWith('/write'))).toHaveLength(1);
  });
  it('says so when the session is over', async () => {
    const { client } = clientOf(() => no(401, 'UNAUTHORIZED'));
    const over = vi.fn();
    client.onSignedOut(over);
    client.setToken('old');
    await expect(client.get('/read')).rejects.toMatchObject({ status: 401 });
    expect(over).toHaveBeenCalledOnce();
  });
  it('asks reads of a workspace for what was written there, and reads of all for everything', async () => {
    const { client, fetcher } = clientOf((path) => ok({}, path.endsWith('/cells') ? { 'Morket-Position': '42' } : {}));
    client.setToken('t');
    await client.patch('/workspaces/ws_1/cells', {});
    await client.get('/workspaces/ws_1/rows');
    await client.get('/workspaces/ws_2/rows');
    await client.get('/auth/me');
    const minimum = fetcher.mock.calls.map(([, init]) => new Headers(init?.headers).get('Morket-Min-Position'));
    expect(minimum).toEqual([null, '42', null, '42']);
  });
  it('gives typed errors', async () => {
    const { client } = clientOf(() => no(422, 'VALIDATION_FAILED'));
    client.setToken('t');
    const error = await client.post('/x', {}).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: 'VALIDATION_FAILED', requestId: 'req_1' });
    expect((error as ApiError).field('name')).toBe('taken');
  });
  it('tells a broken network from an answer', async () => {
    const client = new ApiClient(() => Promise.reject(new TypeError('failed to fetch')));
    client.setToken('t');
    await expect(client.get('/x')).rejects.toBeInstanceOf(NetworkError);
  });
  it('reads all pages of a list', async () => {
    const { client } = clientOf((_, __, n) =>
      Response.json({ success: true, data: [n], error: null, meta: n < 3 ? { next_cursor: 'more' } : {} }),
    );
    client.setToken('t');
    expect(await client.list<number>('/x')).toEqual([1, 2, 3]);
  });
});
