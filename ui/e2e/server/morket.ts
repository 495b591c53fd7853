import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNameServer } from './name-server.ts';
import { startSites } from './sites.ts';

const binary = fileURLToPath(new URL('../../../bin/morket', import.meta.url));
const READY_MS = 120_000; // the first start on a machine fetches Temporal
const POLL_MS = 100;

export interface Morket {
  url: string;
  /** The port on which every company's website answers. */
  sites: number;
  /** The folder of the mails that the server has written. */
  outbox: string;
  /** What the server has said so far. */
  log: () => string;
  stop: () => Promise<void>;
}

/** Starts the built server as `make run` does, with a data folder, a name server and websites of the test's own. */
export async function startMorket(settings: Record<string, string> = {}): Promise<Morket> {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run "make build"`);
  const folder = await mkdtemp(join(tmpdir(), 'morket-e2e-'));
  await chmod(folder, 0o755); // for root, the embedded Postgres runs as another user
  const names = await startNameServer('127.0.0.1');
  const sites = await startSites();
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const child = spawn(binary, ['serve'], {
    env: {
      ...inherited(),
      MORKET_HTTP_ADDR: `127.0.0.1:${String(port)}`,
      MORKET_DATA_DIR: join(folder, 'data'),
      MORKET_DNS_SERVER: `127.0.0.1:${String(names.port)}`,
      MORKET_DIAL_ALLOW: '127.0.0.1/32',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (b: Buffer) => output.push(b));
  const log = (): string => Buffer.concat(output).toString();
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    names.stop();
    sites.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(url, child);
  } catch (cause) {
    await stop();
    throw new Error(`morket did not start:\n${log()}`, { cause });
  }
  return { url, sites: sites.port, outbox: join(folder, 'data', 'outbox'), log, stop };
}

/** The environment without settings of a Morket that somebody runs or of servers that other tests use. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^MORKET_|_URL$|^TEMPORAL_A/.test(name)));
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + READY_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}`);
    const answer = await fetch(`${url}/readiness`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((again) => setTimeout(again, POLL_MS));
  }
  throw new Error('it was not ready in time');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
