import path from 'node:path';
import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import type { Context } from '../context.ts';
import { CredentialFileError } from '../credentials/file-fault.ts';
import { HASH_ADVICE, isQuicklyGuessed, parsePasswordHash } from '../credentials/password-hash.ts';
import { checkUserName, parseUserFile, type UserEntry } from '../credentials/user-file.ts';
import { readNamedFile } from '../read-named-file.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, offOr, oneOrMore, text } from '../schema/value.ts';
import type { Node } from '../tree.ts';
import { policyKind } from './policy-kind.ts';

const USERS_MAX = 10_000;
const ENTRIES_MAX = 100;
const HASH_EXAMPLE = '$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe';

const defaultedOptions = {
  realm: Type.Optional(text('label', { default: 'Sign in', description: 'What browsers may show where they ask for name and password.' })),
  keepCredentials: Type.Optional(Type.Boolean({ default: false, description: 'Whether the upstream gets the Authorization header, with the password.', expects: 'true or false' })),
};

const schema = Type.Object(
  {
    users: Type.Optional(Type.Record(Type.String(), text('passwordHash', { description: 'The hash of the password.' }), {
      maxProperties: USERS_MAX,
      description: 'Who may come in, each with the hash of the password: bcrypt (`$2y$…`, as `htpasswd -nB` prints it) or scrypt (`$scrypt$…`, as `sluice password` prints it). Of a password that is longer than 72 bytes, bcrypt takes the first 72.',
      expects: 'names with the hashes of their passwords',
      examples: [{ anna: HASH_EXAMPLE }],
    })),
    file: Type.Optional(text('file', { description: 'An htpasswd file with further users: `NAME:HASH` on each line. A change counts within two seconds, without a reload. A file with a mistake is refused as a whole, and the users of before stay; so they do when it is gone.', examples: ['./.htpasswd'] })),
    groups: Type.Optional(Type.Record(Type.String(), oneOrMore(text('word', { description: 'A user.' }), 'the name of a user', { description: 'The users who have the role.' }, USERS_MAX), {
      propertyNames: { text: 'word' },
      maxProperties: ENTRIES_MAX,
      description: 'Roles, each with the users who have it: for `roles`, here or of the route.',
      expects: 'roles with the users who have them',
      examples: [{ admin: ['anna'], editor: ['anna', 'ben'] }],
    })),
    roles: Type.Optional(oneOrMore(text('word', { description: 'A role.' }), 'the name of a role', { description: 'Only users with one of these roles may come in. Others get 403.', examples: [['admin'], 'editor'] })),
    forward: Type.Optional(Type.Record(Type.String(), Type.Enum(['name', 'roles'], { description: 'What is sent.', expects: '`name` or `roles`' }), {
      propertyNames: { text: 'identityHeaderName' },
      maxProperties: ENTRIES_MAX,
      description: 'Headers that tell the upstream who it is: the `name`, the `roles` with commas between them. What clients send under these names is removed, on all routes.',
      expects: 'names of headers with `name` or `roles`',
      examples: [{ 'X-User': 'name' }],
    })),
    ...defaultedOptions,
  },
  closed,
);

const filledSchema = Type.Required(Type.Object(defaultedOptions));

type Raw = Static<typeof schema>;

/** Who may come in with which password. */
export interface BasicConfig {
  readonly users: readonly UserEntry[];
  /** Absolute path, and the users it had when the configuration was read; null: there is none. */
  readonly file: { readonly path: string; readonly users: readonly UserEntry[] } | null;
  /** Of each user who has any. */
  readonly roles: readonly (readonly [user: string, roles: readonly string[]])[];
  /** Any of them is needed; none: every user may. */
  readonly needed: readonly string[];
  readonly forward: readonly { readonly header: string; readonly value: 'name' | 'roles' }[];
  readonly realm: string;
  readonly keepCredentials: boolean;
}

/** Name and password, as browsers ask for them (RFC 7617). */
export const basic = policyKind({
  schema,
  option: offOr(schema, {
    description: 'Only users with a password may come in, as browsers ask for it (`Authorization: Basic`). Others get 401. A right password is remembered for five minutes, so that it costs once; wrong ones are checked one after the other, so that guessing is slow. Only over HTTPS is the password safe on its way.',
    expects: '`users`, `file` or both',
    examples: [{ users: { anna: HASH_EXAMPLE } }],
  }),
  shorthand: null,
  always: false,
  resolve: resolveBasic,
});

function resolveBasic(raw: Raw, place: Context): BasicConfig | null {
  if (raw.users === undefined && raw.file === undefined) {
    place.report.error(place.at(), 'there are no users, so nobody could come in', 'Give it `users` or `file`.');
    return null;
  }
  const { realm, keepCredentials } = withDefaults(filledSchema, raw);
  if (/[^ -~]/.test(realm)) place.report.error(place.at('realm'), 'a realm has ASCII characters only');
  const users = usersOf(raw.users ?? {}, place);
  const file = raw.file === undefined ? null : fileOf(raw.file, place);
  return {
    users,
    file,
    roles: rolesByUser(raw.groups ?? {}),
    needed: [raw.roles ?? []].flat(),
    forward: Object.entries(raw.forward ?? {}).map(([header, value]) => ({ header, value })),
    realm,
    keepCredentials,
  };
}

function usersOf(raw: Readonly<Record<string, string>>, place: Context): UserEntry[] {
  const users = Object.entries(raw).map(([name, hash]): UserEntry => {
    try {
      checkUserName(name);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      place.report.error(place.key('users', name), error.message);
    }
    return { name, hash: parsePasswordHash(hash) };
  });
  warnOfQuick(users, place.at('users'), place);
  return users;
}

function fileOf(name: string, place: Context): BasicConfig['file'] {
  const node = place.at('file');
  const content = readNamedFile(node, name, place, true);
  if (content === null) return null;
  try {
    const users = parseUserFile(content);
    warnOfQuick(users, node, place);
    return { path: path.resolve(node.source.folder, name), users };
  } catch (error) {
    if (!(error instanceof CredentialFileError)) throw error;
    for (const { line, message } of error.faults) place.report.error(node, `line ${line} of the file: ${message}`);
    return null;
  }
}

function warnOfQuick(users: readonly UserEntry[], node: Node, place: Context): void {
  const [first, ...others] = users.filter(({ hash }) => isQuicklyGuessed(hash));
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  place.report.warning({ ...node, end: node.start + 1 }, `the password of \`${first.name}\`${more} is hashed at so low a cost that it is quickly guessed from a stolen file`, `Hash it again: ${HASH_ADVICE}.`);
}

function rolesByUser(groups: Readonly<Record<string, string | readonly string[]>>): BasicConfig['roles'] {
  const roles = new Map<string, string[]>();
  for (const [role, users] of Object.entries(groups)) {
    for (const user of new Set([users].flat())) roles.set(user, [...(roles.get(user) ?? []), role]);
  }
  return [...roles];
}
