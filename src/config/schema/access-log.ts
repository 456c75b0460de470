import { Type } from '../../lib/schema-type.ts';
import { LOG_FIELDS } from '../log-field.ts';
import { closed, count, offOr, oneOrMore, text } from './value.ts';

const FORMATS = ['auto', 'json', 'pretty', 'combined', 'off'] as const;
const FORMAT_WORDS = 'one of auto, json, pretty, combined and off';
const NAMES_MAX = 50;
export const FACILITIES = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'audit', 'alert', 'clock',
  'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
] as const;

const formatSchema = Type.Enum([...FORMATS], {
  default: 'auto',
  description: '`auto`: readable lines on a terminal, JSON elsewhere. `combined`: as nginx and Apache write it. `off`: nothing is written.',
  expects: FORMAT_WORDS,
});

export const rotateSchema = Type.Object({
  size: text('logSize', { default: '100MB', description: 'A file of this size is put aside.' }),
  every: text('durationOrOff', { default: 'off', description: 'A file is put aside at the end of each such time, as local clocks have it: `1d` at midnight, `1h` at the full hour.' }),
  keep: count({ minimum: 1, maximum: 1000, default: 10, description: 'Files that are kept beside the one that is written.' }),
  total: Type.Optional(text('logSize', { description: 'Bound of all files together; the oldest goes first. Default: `size`, `keep` + 1 times.' })),
});

const targetSchema = Type.Object(
  {
    file: Type.Optional(text('file', { description: 'A file, relative to the folder in which the gateway was started. SIGUSR1 opens it again.' })),
    rotate: Type.Optional(
      offOr(Type.Partial(rotateSchema, { ...closed, description: 'When and how many.', expects: 'a set of options such as `size: 100MB`' }), {
        description: 'When the file is put aside, under a name with its time. `off` leaves that to logrotate and SIGUSR1; the file then grows without bound.',
        expects: 'a set of options such as `size: 100MB`, or `off`',
      }),
    ),
    syslog: Type.Optional(text('syslogAddress', { description: 'Instead of `file`: a syslog server (RFC 5424), as `udp://host:514`, `tcp://host:601` (RFC 6587, counted octets) or `unix:/path` (a stream socket, with counted octets as well). A socket that takes datagrams cannot be written to, and `/dev/log` is one with journald and rsyslog: there let the syslog server listen on `udp://127.0.0.1:514`, or write to `stdout`, which journald takes.', examples: ['udp://log.example.com:514'] })),
    facility: Type.Optional(Type.Enum([...FACILITIES], { default: 'local7', description: 'Facility of syslog.', expects: 'a facility such as daemon or local7' })),
    app: Type.Optional(text('syslogName', { default: 'sluice', description: 'APP-NAME of syslog.' })),
  },
  { ...closed, description: 'A file, or a syslog server.', expects: 'stdout, stderr, or a set of options with `file` or `syslog`' },
);

const flag = (description: string) => Type.Boolean({ default: false, description, expects: 'true or false' });

export const maskSchema = Type.Object({
  email: flag('E-mail addresses are written as `[email]`.'),
  phone: flag('Phone numbers, international ones and those of Korea and North America as people write them, are written as `[phone]`.'),
  card: flag('Numbers of 13 to 19 digits that a payment card could have (Luhn) are written as `[card]`.'),
  patterns: Type.Record(Type.String(), text('regex', { description: 'RE2 syntax.' }), {
    propertyNames: { text: 'maskName' },
    maxProperties: NAMES_MAX,
    default: {},
    description: 'Regular expressions in RE2 syntax; what matches one is written as its name in brackets.',
    expects: 'names with a regular expression each',
    examples: [{ employee: '\\bE[0-9]{6}\\b' }],
  }),
  address: Type.Enum(['keep', 'truncate', 'hash'], {
    default: 'keep',
    description: 'The address of the client, and those that stand in URLs and headers: as they are; cut to their network (/24, of IPv6 /48); or as a keyed hash, by which requests of one client can still be told to be of one.',
    expects: 'one of keep, truncate and hash',
  }),
  key: Type.Optional(text('secret', { description: 'Key of `hash`. Without one it is random: hashes are others after each start and on each gateway.', examples: ['${LOG_KEY}'] })),
  query: oneOrMore(text('word', { description: 'A name.' }), 'the name of a query parameter', { default: [], description: 'Query parameters whose value is written as `***`, beside those that look like a credential, which always are.', examples: [['name', 'birthday']] }),
  headers: oneOrMore(text('matchedHeaderName', { description: 'A name.' }), 'the name of a header', { default: [], description: 'Headers whose value is written as `***`, beside those that look like a credential or hold one on some route, which always are. Cookies are never written.', examples: [['user-agent', 'referer']] }),
});

export const accessLogSchema = Type.Object({
  format: formatSchema,
  fields: Type.Optional(
    Type.Array(Type.Enum([...LOG_FIELDS], { description: 'A field.', expects: 'the name of a field' }), {
      minItems: 1,
      maxItems: LOG_FIELDS.length,
      description: `Fields of a JSON line, in this order. All: ${LOG_FIELDS.map((name) => `\`${name}\``).join(', ')}. What does not exist for a request is left out. \`user\` is whom the policies of the route have recognised (subject of the token, name of the key or of the user), and \`auth\` by which way: \`jwt\`, \`apiKey\`, \`basic\` or \`forwardAuth\`; the credential itself is nowhere. \`bytesIn\` is what was read of the body to be sent on, and of a tunnel; a request that is not forwarded (refused, redirected, answered by \`respond\`) has 0, for what comes of its body is thrown away uncounted. \`bytesOut\` is the body of the answer as it was sent, compressed where it was, and of a tunnel.`,
      expects: 'a list of names such as [time, method, path, status]',
      examples: [['time', 'method', 'path', 'status', 'requestMs']],
    }),
  ),
  template: Type.Optional(
    text('logTemplate', {
      description: 'Instead of `format`: a line with the variables of an nginx `log_format`, such as `$remote_addr`, `$request`, `$http_NAME`, `$sent_http_NAME`, `$arg_NAME`, `$remote_user`, `$upstream_response_time`; and `$auth`, `$route`, `$error_code`, `$error_reason`, `$upstream_name`, `$attempts`, `$trace_id`.',
      examples: ['$remote_addr [$time_local] "$request" $status $request_time'],
    }),
  ),
  escape: Type.Enum(['nginx', 'json'], {
    default: 'nginx',
    description: 'How a value is written in a `template`: `nginx` as `escape=default` there, with `\\x22` for a quote and `-` for what is missing; `json` for a template that is JSON.',
    expects: '`nginx` or `json`',
  }),
  headers: oneOrMore(text('loggedHeader', { description: 'A name.' }), 'the name of a request header', { default: [], description: 'Request headers that a JSON line has under `headers`.', examples: [['x-tenant', 'accept-language']] }, NAMES_MAX),
  to: Type.Union([Type.Enum(['stdout', 'stderr'], { description: 'Standard output or error.' }), targetSchema], {
    default: 'stdout',
    description: 'Where lines go: `stdout`, `stderr`, a file or a syslog server.',
    expects: 'stdout, stderr, or a set of options with `file` or `syslog`',
    examples: [{ file: './access.log', rotate: { size: '100MB', keep: 10 } }, { syslog: 'udp://127.0.0.1:514' }],
  }),
  mask: Type.Optional(
    Type.Partial(maskSchema, {
      ...closed,
      description: 'Personal data that is not written as it is. Credentials never are, whatever this says.',
      expects: 'a set of options such as `email: true`',
      examples: [{ email: true, phone: true, address: 'truncate' }],
    }),
  ),
  buffer: text('logBuffer', { default: '4MB', description: 'What each worker holds while the target is slow, full or away. Lines beyond it are dropped, and counted.' }),
});

export const accessLogOption = Type.Optional(
  Type.Union([formatSchema, Type.Partial(accessLogSchema, { ...closed, description: 'The same in full.', expects: 'a set of options such as `format: json`' })], {
    default: 'auto',
    description: 'One line for each request: its format, or a set of options.',
    expects: `${FORMAT_WORDS}, or a set of options`,
    examples: ['json', { format: 'combined', to: { file: './access.log' } }],
  }),
);

/** Of a route. */
export const routeLogOption = Type.Optional(
  Type.Union(
    [
      Type.Boolean({ description: 'All requests, or none.' }),
      Type.Enum(['errors'], { description: 'Those that failed.' }),
      Type.Object(
        {
          sample: text('percent', { description: 'Share of the requests that are written. The request id decides, so that several gateways write the same ones.' }),
          slow: Type.Optional(text('duration', { description: 'Requests that took at least so long are written, too.' })),
        },
        { ...closed, description: 'Some of them.', expects: '`sample`, and `slow` if you like' },
      ),
    ],
    {
      default: true,
      description: 'Which requests of the route are written to the access log: `true`, `false`, `errors` (status 400 and above, or with an error code), or a sample, in which errors always are.',
      expects: 'true or false, `errors`, or `{ sample: 10% }`',
      examples: ['errors', { sample: '10%', slow: '1s' }],
    },
  ),
);
