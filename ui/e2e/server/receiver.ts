import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  url: string;
  /** The ids and signatures of the messages that came, in order. */
  ids: string[];
  signatures: string[];
  /** From now on every message is answered with this status. */
  answer: (status: number) => void;
  stop: () => void;
}

/** Plays the address that a webhook's events are posted to. */
export async function startReceiver(): Promise<Receiver> {
  let status = 204;
  const ids: string[] = [];
  const signatures: string[] = [];
  const one = (headers: IncomingHttpHeaders, name: string): string => String(headers[name] ?? '');
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      ids.push(one(req.headers, 'webhook-id'));
      signatures.push(one(req.headers, 'webhook-signature'));
      res.statusCode = status;
      res.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`,
    ids,
    signatures,
    answer: (next) => (status = next),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
