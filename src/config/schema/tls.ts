import { Type } from '../../lib/schema-type.ts';
import { closed, oneOrMore, text } from './value.ts';

const CERTIFICATES_MAX = 1000;
const CLIENTS_MAX = 100;
/** Also the folder of the local authority where the rest is in Redis. */
export const STORE_DIR_DEFAULT = 'certs';

const certificateSchema = Type.Object(
  {
    cert: text('file', { description: 'PEM file with the certificate and its chain.' }),
    key: text('file', { description: 'PEM file with the private key.' }),
  },
  { ...closed, description: 'A certificate with its key.', expects: '`cert` and `key`' },
);

const host = text('host', { description: 'A host, or `*.` and a name.' });

const clientsSchema = Type.Object(
  {
    hosts: oneOrMore(host, 'a host name', { description: 'The hosts, written as in routes. Each is in one entry only; an exact name goes before a `*.`.' }, CERTIFICATES_MAX),
    mode: Type.Optional(
      Type.Enum(['require', 'request'], {
        default: 'require',
        description: '`require`: without a valid certificate there is no connection. `request`: a client without one is served as well; one that shows a wrong one is answered with 403.',
        expects: '`require` or `request`',
      }),
    ),
    ca: text('file', { description: 'PEM file with the authorities that sign the certificates of clients. Relative to the folder of the configuration file.' }),
    crl: Type.Optional(
      text('file', { description: 'PEM file with a revocation list of every authority in the chain, the root included. Read anew with each reload; once a list has run out, everybody is refused.' }),
    ),
    headers: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether upstreams are told who the client is, in `X-Client-Verify` (`SUCCESS` or `NONE`), `X-Client-Cert-Subject`, `X-Client-Cert-San` and `X-Client-Cert-Fingerprint` (SHA-256). What clients send under these names is removed everywhere, always.',
        expects: 'true or false',
      }),
    ),
  },
  { ...closed, description: 'Client certificates of some hosts.', expects: 'a set of options with `hosts` and `ca`' },
);

/** For filling in what an entry does not say. */
export const filledClientsSchema = Type.Required(clientsSchema);

export const tlsSchema = Type.Object({
  certificates: Type.Array(certificateSchema, {
    maxItems: CERTIFICATES_MAX,
    default: [],
    description: 'Certificates of your own. The one that names the requested host is used; several may name the same one with keys of different types. Relative paths start at the folder of the configuration file. The files are watched.',
    expects: 'a list of `{ cert: FILE, key: FILE }`',
  }),
  store: text('store', {
    default: STORE_DIR_DEFAULT,
    description: 'Where certificates that were issued are kept, with their keys: a folder, relative to the one in which the gateway was started, or a Redis server that several gateways share. The local authority is always in a folder, `certs` beside Redis.',
  }),
  clients: Type.Array(clientsSchema, {
    maxItems: CLIENTS_MAX,
    default: [],
    description: 'Hosts that ask clients for a certificate (mTLS).',
    expects: 'a list of `{ hosts: [HOST], ca: FILE }`',
  }),
});

export const tlsOption = Type.Optional(
  Type.Partial(tlsSchema, {
    ...closed,
    description: 'Certificates for `https`. Hosts without one get one by `acme`, where that is there and the name is public, or from a local authority.',
    expects: 'a set of options',
    examples: [
      { certificates: [{ cert: '/etc/ssl/example.pem', key: '/etc/ssl/example.key' }] },
      { store: 'rediss://:${REDIS_PASSWORD}@redis.example.com:6379/0' },
      { clients: [{ hosts: ['internal.example.com'], ca: '/etc/ssl/clients.pem', headers: true }] },
    ],
  }),
);
