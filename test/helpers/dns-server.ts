import dgram from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { formatIpAddress, parseIpAddress } from '../../src/lib/ip-address.ts';

export interface SrvOffer {
  readonly name: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

/** What a name is answered with: its records, or a failure. Seconds of TTL; default 30. */
export type DnsZone =
  | { readonly addresses?: readonly string[]; readonly services?: readonly SrvOffer[]; readonly ttl?: number; readonly failFamily?: 4 | 6 }
  /** `empty`: the name is there, without records. `silence`: nothing is sent. */
  | 'nxdomain' | 'servfail' | 'empty' | 'silence';

type RecordType = 'A' | 'AAAA' | 'SRV';

const TYPES = new Map<number, RecordType>([[1, 'A'], [28, 'AAAA'], [33, 'SRV']]);
const NUMBERS = { A: 1, AAAA: 28, SRV: 33 } as const;
const HEADER_BYTES = 12;
const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const DEFAULT_TTL = 30;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType | null;
  /** As it came, to be sent back. */
  readonly section: Buffer;
}

/** A DNS server (RFC 1035) of the tests' own on loopback, over UDP. What it answers can change at any time. */
export class DnsServer {
  readonly #socket: dgram.Socket;
  readonly #zones = new Map<string, DnsZone>();
  readonly #queries: string[] = [];

  /** Closed at teardown. */
  static async start(t: Pick<Test, 'teardown'>, zones: Readonly<Record<string, DnsZone>> = {}): Promise<DnsServer> {
    const socket = dgram.createSocket('udp4');
    const server = new DnsServer(socket);
    for (const [name, zone] of Object.entries(zones)) server.set(name, zone);
    socket.on('message', (message, { port, address }) => {
      const answer = server.#answer(readQuestion(message));
      if (answer !== null) socket.send(answer, port, address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    t.teardown(async () => server.close());
    return server;
  }

  private constructor(socket: dgram.Socket) {
    this.#socket = socket;
  }

  /** `address:port`, as `resolve.servers` takes it. */
  get address(): string {
    const { address, port }: AddressInfo = this.#socket.address();
    return `${address}:${port}`;
  }

  /** Names without a zone are NXDOMAIN. */
  set(name: string, zone: DnsZone): void {
    this.#zones.set(name.toLowerCase(), zone);
  }

  /** Questions so far for a name, of one type or of all; a resolver may repeat one that was not answered. */
  queries(name: string, type?: RecordType): number {
    return this.#queries.filter((query) => (type === undefined ? query.startsWith(`${name} `) : query === `${name} ${type}`)).length;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #answer(question: Question): Buffer | null {
    const { name, type } = question;
    this.#queries.push(`${name} ${type ?? 'other'}`);
    const zone = this.#zones.get(name) ?? 'nxdomain';
    if (zone === 'silence') return null;
    if (zone === 'nxdomain') return message(question, NXDOMAIN, []);
    if (zone === 'servfail') return message(question, SERVFAIL, []);
    if (zone === 'empty' || type === null) return message(question, NOERROR, []);
    const { addresses = [], services = [], ttl = DEFAULT_TTL, failFamily } = zone;
    if ((failFamily === 4 && type === 'A') || (failFamily === 6 && type === 'AAAA')) return message(question, SERVFAIL, []);
    if (type === 'SRV') return message(question, NOERROR, services.map((offer) => record(type, ttl, srvData(offer))));
    const family = addresses.filter((address) => isIPv6(address) === (type === 'AAAA'));
    return message(question, NOERROR, family.map((address) => record(type, ttl, addressData(address))));
  }
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = TYPES.get(query.readUInt16BE(at + 1)) ?? null;
  return { id: query.readUInt16BE(0), name: labels.join('.').toLowerCase(), type, section: query.subarray(HEADER_BYTES, at + 5) };
}

/** A response to a query, with recursion desired and available. */
function message({ id, section }: Question, code: number, records: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, section, ...records]);
}

/** A resource record whose name points back to the question's. */
function record(type: RecordType, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc0_00 | HEADER_BYTES, 0);
  head.writeUInt16BE(NUMBERS[type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function addressData(address: string): Buffer {
  const parsed = parseIpAddress(address);
  if (parsed === null) throw new Error(`${address} is no address`);
  const bytes = Buffer.alloc(16);
  for (const [index, word] of parsed.words.entries()) bytes.writeUInt32BE(word, index * 4);
  return formatIpAddress(parsed).includes(':') ? bytes : bytes.subarray(12);
}

function srvData({ name, port, priority = 0, weight = 0 }: SrvOffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(priority, 0);
  head.writeUInt16BE(weight, 2);
  head.writeUInt16BE(port, 4);
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([head, ...labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]), Buffer.of(0)]);
}
