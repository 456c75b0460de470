import { Type } from '../../lib/schema-type.ts';
import { ADMIN_DEFAULT } from '../address.ts';
import { closed, count, oneOrMore, text } from './value.ts';

const port = Type.Integer({ minimum: 0, maximum: 65_535, description: 'A port on every address, IPv4 and IPv6.', expects: 'a port from 0 to 65535' });
const address = text('listenAddress', { description: 'A port, `ADDRESS:PORT` or `[IPV6]:PORT`.' });
const listenAddress = Type.Union([port, address], { description: 'A port or an address with a port.', expects: 'a port or ADDRESS:PORT' });
const LISTENERS_MAX = 16;

export const limitsSchema = Type.Object(
  {
    headerSize: text('headerSize', { default: '32KB', description: 'Size of all headers of a request together, 1KB to 1MB. More is answered with 431.' }),
    headers: count({ minimum: 10, maximum: 2000, default: 100, description: 'Number of headers of a request. More is answered with 431.' }),
    connections: count({ minimum: 1, maximum: 1_000_000, default: 10_000, description: 'Client connections open at once, all workers together.' }),
    connectionsPerAddress: count({ minimum: 1, maximum: 1_000_000, default: 1000, description: 'Client connections open at once from one address (IPv6: from one /64).' }),
    streamsPerConnection: count({ minimum: 1, maximum: 10_000, default: 128, description: 'Requests at once on one HTTP/2 connection.' }),
  },
  { ...closed, description: 'Bounds on what clients may take.', expects: 'a set of options' },
);

export const clientTimeoutsSchema = Type.Object(
  {
    tlsHandshake: text('duration', { default: '10s', description: 'From the connection accepted to the TLS handshake done.' }),
    header: text('duration', { default: '15s', description: 'For all headers of a request to arrive.' }),
    request: text('durationOrOff', { default: '1h', description: 'From the first byte of a request to the last byte of its body.' }),
    body: text('durationOrOff', { default: '60s', description: 'Between two pieces of a request body.' }),
    idle: text('durationOrOff', { default: '75s', description: 'A keep-alive connection without a request.' }),
    send: text('durationOrOff', { default: '60s', description: 'A client that does not read what is sent to it.' }),
  },
  { ...closed, description: 'How long clients may take.', expects: 'a set of durations' },
);

export const listenSchema = Type.Object(
  {
    http: Type.Optional(
      oneOrMore(listenAddress, 'a port or ADDRESS:PORT', {
        description: 'Plain HTTP. `PORT`, `ADDRESS:PORT`, `[IPV6]:PORT` or a list; a port alone means all addresses, IPv4 and IPv6. Port 0 lets the system choose. Where `https` is there too, it redirects to HTTPS.',
        examples: [80, '192.168.1.5:80', '[::1]:80'],
      }, LISTENERS_MAX),
    ),
    https: Type.Optional(
      oneOrMore(listenAddress, 'a port or ADDRESS:PORT', {
        description: 'HTTPS, with HTTP/2 and HTTP/1.1. Written like `http`.',
        examples: [443],
      }, LISTENERS_MAX),
    ),
    admin: Type.Optional(
      Type.Union([port, text('adminAddress', { description: 'A port, `ADDRESS:PORT` or `off`.' })], {
        default: ADMIN_DEFAULT,
        description: 'Metrics, health and state of the gateway itself. A port alone means 127.0.0.1, so that only this machine reaches it. `off` closes it.',
        expects: 'a port, ADDRESS:PORT or `off`',
      }),
    ),
    reusePort: Type.Optional(Type.Boolean({
      default: false,
      description: 'Another Sluice of the same user may listen on the same ports (SO_REUSEPORT), and the kernel spreads connections over both: two gateways on one address. Without it, a port that is in use stops the start. Takes effect for ports that are opened after it was set. Linux.',
      expects: 'true or false',
    })),
    limits: Type.Optional(Type.Partial(limitsSchema, { ...closed, description: 'Bounds on what clients may take.', expects: 'a set of options' })),
    timeouts: Type.Optional(Type.Partial(clientTimeoutsSchema, { ...closed, description: 'How long clients may take.', expects: 'a set of durations' })),
  },
  {
    ...closed,
    description: 'Where the gateway accepts connections. `http` or `https` must be there.',
    expects: 'a set of options such as `http: 80`',
    examples: [{ http: 80, https: 443, admin: '127.0.0.1:9090' }],
  },
);

/** For filling in what the file does not say. */
export const filledListenSchema = Type.Required(listenSchema);
