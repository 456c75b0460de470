import { Type } from '../../lib/schema-type.ts';
import { parseBytes } from '../../lib/bytes.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, count, oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

/** Content codings (RFC 9110 section 8.4.1), the best first. */
const CODINGS = ['zstd', 'br', 'gzip'] as const;
export type CodingName = (typeof CODINGS)[number];

/** What is text, or as compressible; fonts in WOFF, pictures, sound and archives are compressed already. */
const TYPES = [
  'text/*',
  'application/json', 'application/*+json', 'application/x-ndjson', 'application/jsonl', 'application/json-seq',
  'application/javascript', 'application/x-javascript', 'application/ecmascript',
  'application/xml', 'application/*+xml', 'application/xml-dtd', 'image/svg+xml',
  'application/wasm', 'application/graphql', 'application/yaml', 'application/toml', 'application/sql', 'application/rtf', 'application/x-sh',
  'application/vnd.ms-fontobject', 'font/ttf', 'font/otf', 'font/collection', 'application/x-font-ttf',
  'image/bmp', 'image/x-icon', 'image/vnd.microsoft.icon',
];
const TYPES_MAX = 200;

const coding = Type.Enum([...CODINGS], { description: 'A content coding.', expects: 'one of zstd, br and gzip' });
const codings = Type.Union([coding, Type.Array(coding, { minItems: 1, maxItems: CODINGS.length, uniqueItems: true })], {
  default: [...CODINGS],
  description: 'What answers are compressed with, the best first. The client chooses (`Accept-Encoding`); this order counts among those that it takes equally well, which browsers do with all they know. Over plain HTTP browsers know only gzip.',
  expects: 'zstd, br or gzip, or a list of them',
  examples: [['br', 'gzip']],
});

const level = Type.Object(
  {
    gzip: Type.Optional(count({ minimum: 1, maximum: 9, default: 5, description: 'Level of gzip. Each answer in work takes about 0.7 MB.' })),
    br: Type.Optional(count({ minimum: 1, maximum: 6, default: 4, description: 'Quality of Brotli. Each answer in work takes about 2 MB, and 4 MB at 6. Higher ones are for files that are compressed once.' })),
    zstd: Type.Optional(count({ minimum: 1, maximum: 9, default: 3, description: 'Level of Zstandard. Each answer in work takes about 2 MB.' })),
  },
  { ...closed, description: 'How hard each coding tries. A higher level makes answers smaller and takes more time of the processor.', expects: 'levels such as `{ gzip: 6, br: 5 }`', examples: [{ gzip: 6, br: 5 }] },
);

const schema = Type.Object(
  {
    encodings: Type.Optional(codings),
    types: Type.Optional(
      oneOrMore(text('mediaTypePattern', { description: 'A type, a family as `text/*`, or a syntax as `application/*+json`.' }), 'a type such as text/html', {
        default: TYPES,
        description: 'What is compressed, by its Content-Type. A list given here is the whole list. gRPC is never compressed here: it does so itself.',
        examples: [['text/*', 'application/json']],
      }, TYPES_MAX),
    ),
    minSize: Type.Optional(text('bodySize', { default: '1KB', description: 'Shorter answers are sent as they are. Counts where the length is known; what comes without a length is compressed.', examples: ['256B'] })),
    level: Type.Optional(level),
    withCookies: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether answers that set a cookie are compressed, too. Where a page repeats something of its request beside a secret, such as a form token, the length of the compressed page tells an attacker about the secret (BREACH). An answer that sets a cookie often is such a page. Say `true` where it holds no secret, or where the secret is masked anew each time.',
        expects: 'true or false',
      }),
    ),
    atOnce: Type.Optional(
      count({
        minimum: 1,
        maximum: 10_000,
        default: 64,
        description: 'How many answers each worker may be compressing at once, of all its routes, for this route to compress one more; event streams get half of it. Beyond that answers go out as they are, and the log says so. It bounds the memory: 64 of them take about 130 MB. Short answers (up to 16 KB of a known length) do not count.',
      }),
    ),
  },
  closed,
);

const filledSchema = Type.Required(schema);
const filledLevel = Type.Required(level);

/** How answers are compressed. */
export interface CompressConfig {
  /** The best first. */
  readonly encodings: readonly CodingName[];
  /** Lower case. */
  readonly types: readonly string[];
  readonly minBytes: number;
  readonly level: Readonly<Record<CodingName, number>>;
  readonly withCookies: boolean;
  readonly atOnce: number;
}

/** Compresses what goes to the client (nginx: gzip, brotli). */
export const compress = policyKind({
  schema,
  option: Type.Union([Type.Enum(['off'], { description: 'Turned off.' }), Type.Literal(true, { description: 'As it stands here.' }), codings, schema], {
    default: 'off',
    description: 'Compresses answers on their way to clients that take it. An answer stays as it is where the upstream has compressed it already, where it is a part (206) or says `Cache-Control: no-transform`, where it has a digest of itself, where it sets a cookie (see `withCookies`), and for clients of HTTP/1.0. Event streams are compressed without being held back. What is compressed has a weak ETag: If-None-Match still works, If-Match does not.',
    expects: '`true`, `off`, codings such as [br, gzip], or options',
    examples: [true, ['br', 'gzip'], { types: ['text/*', 'application/json'], minSize: '256B' }],
  }),
  shorthand: 'encodings',
  always: false,
  resolve(raw): CompressConfig {
    const { encodings, types, minSize, withCookies, atOnce } = withDefaults(filledSchema, raw);
    const { gzip, br, zstd } = withDefaults(filledLevel, raw.level);
    return {
      encodings: [encodings].flat(),
      types: [types].flat().map((type) => type.toLowerCase()),
      minBytes: parseBytes(minSize),
      level: { gzip, br, zstd },
      withCookies,
      atOnce,
    };
  },
});
