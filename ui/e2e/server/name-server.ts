import { createSocket, type Socket } from 'node:dgram';
import { lookup, type Records } from './zone.ts';

const A = 1;
const NS = 2;
const MX = 15;
const TXT = 16;
const NO_SUCH_NAME = 3;

/** A name in DNS's form: each label with its length before it (RFC 1035, 3.1). */
function encodeName(name: string): Buffer {
  const labels = name.split('.').filter(Boolean);
  return Buffer.concat([
    ...labels.flatMap((l) => [Buffer.from([l.length]), Buffer.from(l, 'latin1')]),
    Buffer.from([0]),
  ]);
}

/** The data of the records that a question of the type is answered with. */
function dataOf(type: number, found: Partial<Records>): Buffer[] {
  switch (type) {
    case A:
      return found.a === undefined ? [] : [Buffer.from(found.a.split('.').map(Number))];
    case NS:
      return (found.ns ?? []).map(encodeName);
    case MX:
      return (found.mx ?? []).map((host) => Buffer.concat([Buffer.from([0, 10]), encodeName(host)]));
    case TXT:
      return (found.txt ?? []).map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]));
    default:
      return [];
  }
}

/** Answers the one question of a DNS message (RFC 1035, 4.1); every site is at `address`. */
export function answer(query: Buffer, address: string): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const found = lookup(labels.join('.'), address);
  const answers = found ? dataOf(query.readUInt16BE(at + 1), found) : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8480 | (found ? 0 : NO_SUCH_NAME), 2); // a response, with authority; recursion is available
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  const records = answers.map((data) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0); // the question's name
    query.copy(record, 2, at + 1, at + 5); // its type and class
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([header, question, ...records]);
}

/** Starts a name server on a free port of this machine. */
export async function startNameServer(address: string): Promise<{ port: number; stop: () => void }> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answer(query, address), from.port, from.address));
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready));
  return { port: socket.address().port, stop: () => socket.close() };
}
