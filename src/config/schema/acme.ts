import { Type } from '../../lib/schema-type.ts';
import { closed, count, oneOrMore, text } from './value.ts';

const CAS_MAX = 8;
const HOSTS_MAX = 10_000;
const COMMAND_WORDS_MAX = 32;
const HEADERS_MAX = 32;

const eabSchema = Type.Object(
  {
    kid: text('word', { description: 'Key identifier.' }),
    hmacKey: text('hmacKey', { description: 'Key, in base64url, as the authority shows it.' }),
  },
  { ...closed, description: 'External account binding (RFC 8555): the account of the authority that orders belong to. `zerossl` and `google` need it.', expects: '`kid` and `hmacKey`' },
);

const caSchema = Type.Union(
  [
    text('caName', { description: 'By its name.' }),
    Type.Object(
      {
        name: Type.Optional(text('label', { description: 'One of the known names, or a name for log and status where `directory` is there. Default: the host of the directory.' })),
        directory: Type.Optional(text('httpsUrl', { description: 'URL of its ACME directory. A known name has one.' })),
        staging: Type.Optional(text('httpsUrl', { description: 'Directory of its staging service, on which a failed order is tried again until it works.' })),
        trust: Type.Optional(text('file', { description: 'PEM file with the authority behind the certificate of the directory itself, for an authority of your own. Relative to the folder of the configuration file.' })),
        eab: Type.Optional(eabSchema),
        profile: Type.Optional(text('word', { description: 'Kind of certificate, such as `shortlived`, of those that the directory offers.' })),
      },
      { ...closed, description: 'In full.', expects: 'a set of options with `name` or `directory`' },
    ),
  ],
  { description: 'A certificate authority.', expects: 'letsencrypt, letsencrypt-staging, zerossl, google, buypass, or a set of options' },
);

const word = text('word', { description: 'A word of the command.' });

const dnsSchema = Type.Object(
  {
    command: Type.Optional(
      Type.Array(word, {
        minItems: 1,
        maxItems: COMMAND_WORDS_MAX,
        description: 'Program and its first arguments. It is called with `present` or `cleanup`, the name of the record and its value, and ends with 0. A path starts at the folder of the configuration file.',
        expects: 'a list of words',
      }),
    ),
    url: Type.Optional(text('httpUrl', { description: 'Instead of `command`: gets a POST with `{ "action": "present" | "cleanup", "fqdn": NAME, "value": VALUE }`, and answers with 2xx.' })),
    headers: Type.Optional(
      Type.Record(Type.String(), text('headerValue', { description: 'The value.' }), {
        propertyNames: { text: 'answerHeaderName' },
        maxProperties: HEADERS_MAX,
        description: 'Sent to `url`.',
        expects: 'headers with their values',
      }),
    ),
    wait: Type.Optional(text('duration', { default: '30s', description: 'From the record put in place to the authority told to look.' })),
    timeout: Type.Optional(text('duration', { default: '2m', description: 'For one call of the command or the URL.' })),
  },
  { ...closed, description: 'How records get into DNS, for the challenge `dns-01`.', expects: 'a set of options with `command` or `url`' },
);

const onDemandSchema = Type.Object(
  {
    allow: Type.Optional(oneOrMore(text('host', { description: 'A host, or `*.` and a name.' }), 'a host name', { description: 'Hosts that may have a certificate, such as `*.customers.example.com`.' }, HOSTS_MAX)),
    ask: Type.Optional(text('httpUrl', { description: 'URL that is asked, with `?domain=HOST`, whether a host may have a certificate, and answers with 200 if so. Where `allow` is there too, both must agree.' })),
    perHour: Type.Optional(count({ minimum: 1, maximum: 1000, default: 10, description: 'Orders, all hosts together.' })),
  },
  { ...closed, description: 'Certificates for hosts that no route names, ordered when the first client comes. `allow`, `ask` or both must be there.', expects: 'a set of options with `allow` or `ask`' },
);

/** For filling in what the file does not say. */
export const filledDnsSchema = Type.Required(dnsSchema);
export const filledOnDemandSchema = Type.Required(onDemandSchema);

export const acmeSchema = Type.Object({
  email: Type.Optional(text('email', { description: 'For the account, so that the authority can write to you.' })),
  ca: oneOrMore(caSchema, 'a certificate authority such as letsencrypt', {
    default: 'letsencrypt',
    description: '`letsencrypt`, `letsencrypt-staging`, `zerossl`, `google`, `buypass`, any other in full, or a list: the next one is tried where one fails.',
  }, CAS_MAX),
  challenges: Type.Array(Type.Enum(['tls-alpn-01', 'http-01', 'dns-01'], { description: 'A challenge.', expects: 'one of tls-alpn-01, http-01 and dns-01' }), {
    minItems: 1,
    maxItems: 3,
    default: ['tls-alpn-01', 'http-01'],
    description: 'How the authority is shown that a host is ours, the preferred way first: `tls-alpn-01` on port 443, `http-01` on port 80, `dns-01` by a record, which wildcards need.',
    expects: 'a list of tls-alpn-01, http-01 and dns-01',
  }),
  dns: Type.Optional(dnsSchema),
  key: Type.Enum(['p256', 'p384', 'rsa2048', 'rsa4096'], { default: 'p256', description: 'Type of the keys that are made.', expects: 'one of p256, p384, rsa2048 and rsa4096' }),
  whilePending: Type.Enum(['local', 'refuse'], {
    default: 'local',
    description: 'What a client gets before the host has its certificate: `local`, one of the local authority, which a browser warns of; `refuse`, no connection.',
    expects: '`local` or `refuse`',
  }),
  onDemand: Type.Optional(onDemandSchema),
  hosts: Type.Optional(oneOrMore(text('host', { description: 'A host, or `*.` and a name.' }), 'a host name', {
    description: 'The hosts that get a certificate. Default: every public host of the routes that no certificate of your own covers.',
  }, HOSTS_MAX)),
});

export const acmeOption = Type.Optional(
  Type.Partial(acmeSchema, {
    ...closed,
    description: 'Certificates by themselves, through ACME (RFC 8555): ordered, renewed, and tried again until they are there. Without this section none is ordered; `acme: {}` is enough.',
    expects: 'a set of options such as `email: you@example.com`',
    examples: [
      { email: 'ops@example.com' },
      { ca: ['letsencrypt', { name: 'zerossl', eab: { kid: '${EAB_KID}', hmacKey: '${EAB_KEY}' } }] },
      { ca: { directory: 'https://ca.example.com/acme/directory', trust: '/etc/ssl/our-ca.pem' } },
    ],
  }),
);
