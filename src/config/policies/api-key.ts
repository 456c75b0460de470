import path from 'node:path';
import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import type { Context } from '../context.ts';
import { type ApiKeyEntry, checkKeysDiffer, keyEntryOf, parseKeyLine } from '../credentials/api-key-entry.ts';
import { CredentialFileError } from '../credentials/file-fault.ts';
import { parseKeyFile } from '../credentials/key-file.ts';
import { readNamedFile } from '../read-named-file.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, offOr, oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const KEYS_MAX = 10_000;
const ENTRIES_MAX = 100;
const HASH_EXAMPLE = `sha256:${'0123456789abcdef'.repeat(4)}`;
const roleNames = oneOrMore(text('word', { description: 'A role.' }), 'the name of a role', { description: 'Roles of whoever has the key: for `roles`, here or of the route.' });

const key = Type.Object(
  {
    name: Type.Optional(text('apiKeyName', { description: 'Whose key it is: in the log, for limits by key, and for the upstream where `forward` says so. Two keys may have one name, while one takes the place of the other.' })),
    hash: Type.Optional(text('apiKeyHash', { description: 'SHA-256 of the key, as `sluice key new` and `sluice key hash` print it. The key itself stands nowhere.', examples: [HASH_EXAMPLE] })),
    roles: Type.Optional(roleNames),
    expires: Type.Optional(text('expiry', { description: 'A day, from whose beginning (UTC) on the key is not valid any more, or a time.', examples: ['2027-01-31', '2027-01-31T12:00:00Z'] })),
    limit: Type.Optional(oneOrMore(text('rate', { description: 'A rate.' }), 'a rate such as 100/min', { description: 'Limits of this key, in place of those that `rateLimit` with `key: apiKey` has for all: `5/s`, `100/min`, `1000/day`.' })),
  },
  { ...closed, description: 'A key.', expects: '`name` and `hash`, with `roles`, `expires` and `limit` where wanted' },
);

const defaultedOptions = {
  header: Type.Optional(text('matchedHeaderName', { default: 'X-API-Key', description: 'The header with the key.' })),
  keepKey: Type.Optional(Type.Boolean({ default: false, description: 'Whether the upstream gets the key, too. One from the query goes on in the header.', expects: 'true or false' })),
};

const schema = Type.Object(
  {
    keys: Type.Optional(Type.Array(Type.Union([text('apiKeyLine', { description: 'A key on one line: `NAME sha256:HEX roles=a,b expires=2027-01-31 limit=100/min`.' }), key], { expects: 'a set of options with `name` and `hash`, or one line' }), {
      maxItems: KEYS_MAX,
      description: 'Keys that are valid, each by its hash.',
      expects: 'a list of keys such as `{ name: mobile, hash: "sha256:…" }`',
    })),
    file: Type.Optional(text('file', { description: 'A file with further keys: one on each line as in `keys`, with comments behind `#`; or a list of keys, where its name ends in `.yaml`. A change counts within two seconds, without a reload. A file with a mistake is refused as a whole, and the keys of before stay; so they do when it is gone.', examples: ['./keys.txt'] })),
    scheme: Type.Optional(Type.Enum(['ApiKey', 'Bearer', 'Token'], { description: 'The key stands in `Authorization`, behind this word. `header` counts only where it is given, too.', expects: 'one of ApiKey, Bearer and Token', examples: ['Bearer'] })),
    query: Type.Optional(text('word', { description: 'A query parameter that may have the key instead, for clients that cannot send headers. It is taken out of the query, and gets neither into the log nor to the upstream.', examples: ['api_key'] })),
    roles: Type.Optional(oneOrMore(text('word', { description: 'A role.' }), 'the name of a role', { description: 'Only keys with one of these roles may come in. Others get 403.', examples: [['admin'], 'editor'] })),
    forward: Type.Optional(Type.Record(Type.String(), Type.Enum(['name', 'roles'], { description: 'What is sent.', expects: '`name` or `roles`' }), {
      propertyNames: { text: 'identityHeaderName' },
      maxProperties: ENTRIES_MAX,
      description: 'Headers that tell the upstream whose key it is: its `name`, its `roles` with commas between them. What clients send under these names is removed, on all routes.',
      expects: 'names of headers with `name` or `roles`',
      examples: [{ 'X-Client': 'name', 'X-Roles': 'roles' }],
    })),
    ...defaultedOptions,
  },
  closed,
);

const filledSchema = Type.Required(Type.Object(defaultedOptions));

type Raw = Static<typeof schema>;

/** Who may come in with which key. */
export interface ApiKeyConfig {
  readonly keys: readonly ApiKeyEntry[];
  /** Absolute path, and the keys it had when the configuration was read; null: there is none. */
  readonly file: { readonly path: string; readonly keys: readonly ApiKeyEntry[] } | null;
  /** As it is to be written; null: keys do not stand in a header of their own. */
  readonly header: string | null;
  /** In front of the key in Authorization; null: it does not stand there. */
  readonly scheme: string | null;
  readonly query: string | null;
  /** Any of them is needed; none: every key will do. */
  readonly roles: readonly string[];
  readonly forward: readonly { readonly header: string; readonly value: 'name' | 'roles' }[];
  readonly keepKey: boolean;
}

/** Programs that prove who they are with a secret of their own. */
export const apiKey = policyKind({
  schema,
  option: offOr(schema, {
    description: 'Only requests with a valid API key may come in. Others get 401. Keys are kept as hashes; `sluice key new NAME` makes one. A request with two keys is refused.',
    expects: '`keys`, `file` or both',
    examples: [{ keys: [{ name: 'mobile', hash: HASH_EXAMPLE, roles: ['reader'] }] }],
  }),
  shorthand: null,
  always: false,
  resolve: resolveApiKey,
});

function resolveApiKey(raw: Raw, place: Context): ApiKeyConfig | null {
  if (raw.keys === undefined && raw.file === undefined) {
    place.report.error(place.at(), 'there are no keys, so nobody could come in', 'Give it `keys` or `file`. `sluice key new NAME` makes a key.');
    return null;
  }
  const full = withDefaults(filledSchema, raw);
  const header = raw.scheme !== undefined && raw.header === undefined ? null : full.header;
  if (header !== null && /^(?:authorization|cookie|proxy-authorization)$/i.test(header)) {
    place.report.error(place.at('header'), `a key cannot stand in \`${header}\``, 'For `Authorization: Bearer KEY` write `scheme: Bearer`.');
  }
  const keys = keysOf(raw.keys ?? [], place);
  return {
    keys,
    file: raw.file === undefined ? null : fileOf(raw.file, keys, place),
    header,
    scheme: raw.scheme ?? null,
    query: raw.query ?? null,
    roles: [raw.roles ?? []].flat(),
    forward: Object.entries(raw.forward ?? {}).map(([name, value]) => ({ header: name, value })),
    keepKey: full.keepKey,
  };
}

function keysOf(raw: NonNullable<Raw['keys']>, place: Context): ApiKeyEntry[] {
  const entries: ApiKeyEntry[] = [];
  const known = new Map<string, ApiKeyEntry>();
  for (const [index, item] of raw.entries()) {
    try {
      const entry = typeof item === 'string' ? parseKeyLine(item) : keyEntryOf(item);
      const same = known.get(entry.hash);
      if (same !== undefined) checkKeysDiffer([same, entry]);
      known.set(entry.hash, entry);
      entries.push(entry);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      place.report.secretError(place.at('keys', index), error.message);
    }
  }
  return entries;
}

function fileOf(name: string, inline: readonly ApiKeyEntry[], place: Context): ApiKeyConfig['file'] {
  const node = place.at('file');
  const absolute = path.resolve(node.source.folder, name);
  const content = readNamedFile(node, name, place, true);
  if (content === null) return null;
  let keys: ApiKeyEntry[] = [];
  try {
    keys = parseKeyFile(name, content);
  } catch (error) {
    if (!(error instanceof CredentialFileError)) throw error;
    for (const { line, message } of error.faults) place.report.error(node, `line ${line} of the file: ${message}`);
    return null;
  }
  if (keys.length === 0 && inline.length === 0) place.report.warning(node, 'the file holds no key yet, so nobody can come in', '`sluice key new NAME` makes one.');
  return { path: absolute, keys };
}
