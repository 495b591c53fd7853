import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Morket } from './morket.ts';

const owner = { email: 'demo@morket.local', password: 'morket-demo' };

/** The API as a signed-in person uses it. */
export class Api {
  private constructor(
    private readonly root: string,
    private readonly token: string,
  ) {}

  static async signIn(morket: Morket, person = owner): Promise<Api> {
    const anonymous = new Api(`${morket.url}/api/v1`, '');
    return new Api(
      anonymous.root,
      (await anonymous.post<{ access_token: string }>('/auth/login', person)).access_token,
    );
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.send<T>('POST', path, body)) as T;
  }
  async get<T>(path: string): Promise<T> {
    return (await this.send<T>('GET', path)) as T;
  }
  async delete(path: string): Promise<void> {
    await this.send('DELETE', path);
  }
  private async send<T>(method: string, path: string, body?: unknown): Promise<T | null> {
    const answer = await fetch(this.root + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${await answer.text()}`);
    return answer.status === 204 ? null : ((await answer.json()) as { data: T }).data;
  }

  /** Makes a workspace with a table of the rows, whose first line names the columns; answers with the ids of both. */
  async workspace(name: string, table: string, lines: string[][]): Promise<{ ws: string; table: string }> {
    const [head = [], ...rows] = lines;
    const { id: ws } = await this.post<{ id: string }>('/workspaces', { name });
    const made = await this.post<{ id: string }>(`/workspaces/${ws}/tables`, {
      name: table,
      columns: head.map((column) => ({ name: column, type: 'text' })),
    });
    const operations = rows.map((row) => ({
      op: 'insert',
      cells: Object.fromEntries(head.map((column, i) => [column, row[i] ?? ''])),
    }));
    await this.post(`/workspaces/${ws}/tables/${made.id}/rows:batch`, { operations });
    return { ws, table: made.id };
  }

  /** Invites somebody to the workspace and answers with the path of the link in their mail. */
  async invite(morket: Morket, ws: string, email: string, role: string): Promise<string> {
    await this.post(`/workspaces/${ws}/invitations`, { email, role });
    const files = (await readdir(morket.outbox)).filter((name) => name.endsWith('.json')); // not those that are being written
    for (const file of files.sort().reverse()) {
      const mail = JSON.parse(await readFile(join(morket.outbox, file), 'utf8')) as { to: string; text: string };
      const link = /\/invitations\/[0-9a-f]{64}/.exec(mail.text)?.[0];
      if (mail.to === email && link) return link;
    }
    throw new Error(`no invitation was mailed to ${email}`);
  }
}
