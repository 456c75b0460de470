import { parseUserFile } from '../config/credentials/user-file.ts';
import type { BasicConfig } from '../config/policies/basic.ts';
import { headerOf } from '../exchange/answer-head.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Identity, requireRole } from '../exchange/identity.ts';
import { type Credentials, parseBasic } from './basic/credentials.ts';
import { ChecksExhausted, PasswordChecks } from './basic/password-checks.ts';
import { UserList } from './basic/user-list.ts';
import { type CredentialFile, holdCredentialFile } from './credential-file.ts';
import { policy, type PolicyServices } from './policy.ts';

const NONE: readonly string[] = [];

/** Recognises people by name and password (RFC 7617). */
export const basic = policy({
  name: 'basic',
  isShared: true,
  async create(config, _route, services) {
    const { needed, forward, realm, keepCredentials } = config;
    const challenge = `Basic realm="${realm}", charset="UTF-8"`;
    const roles = new Map(config.roles);
    const fixed = new UserList(config.users);
    const checks = services.kept.hold('checks of passwords', () => new PasswordChecks(services.clock));
    const file = config.file === null ? null : await holdUsers(config.file, services);
    const refusal = (detail: string): GatewayError => new GatewayError('unauthorized', detail, { headers: ['WWW-Authenticate', challenge] });

    const admit = (exchange: Exchange, name: string): Identity => {
      const identity: Identity = { kind: 'basic', name, roles: roles.get(name) ?? NONE, claims: {} };
      requireRole(exchange, identity, needed);
      for (const { header, value } of forward) exchange.tellUpstream(header, value === 'name' ? name : identity.roles.join(', '));
      return identity;
    };
    const check = async (exchange: Exchange, { user, password }: Credentials): Promise<Identity> => {
      const known = fixed.hashOf(user) ?? file?.value.hashOf(user) ?? null;
      const number = checks.value.numberOf(user);
      const hash = known ?? fixed.anyHash(number) ?? file?.value.anyHash(number) ?? null;
      if (hash === null) throw refusal('there are no users');
      const isRight = await checks.value.check({ password, hash, isOfUser: known !== null, onLeave: (left) => exchange.whenEnded(left) }).catch((error: unknown) => {
        throw unavailable(error);
      });
      if (known === null) throw refusal('there is no such user');
      if (!isRight) throw refusal(`the password of ${user} is wrong`);
      return admit(exchange, user);
    };
    return {
      authenticator: {
        challenge,
        authenticate(exchange) {
          const credentials = shownBy(exchange, refusal);
          if (credentials === null) return null;
          const { user, password } = credentials;
          const hash = fixed.hashOf(user) ?? file?.value.hashOf(user) ?? null;
          if (hash !== null && checks.value.isRemembered(password, hash)) return admit(exchange, user);
          return check(exchange, credentials);
        },
      },
      withholds: keepCredentials ? NONE : ['Authorization'],
      identityHeaders: forward.map(({ header }) => header),
      async close() {
        await file?.release();
        await checks.release();
      },
    };
  },
});

function shownBy({ head }: Exchange, refusal: (detail: string) => GatewayError): Credentials | null {
  const value = head.authorizationCount === 0 ? null : headerOf(head.rawHeaders, 'authorization');
  if (value === null) return null;
  try {
    return parseBasic(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refusal(error.message);
  }
}

function unavailable(error: unknown): GatewayError {
  const detail = error instanceof ChecksExhausted ? error.message : `a password cannot be checked: ${reasonOf(error)}`;
  return new GatewayError('auth_unavailable', detail, { cause: error });
}

async function holdUsers({ path, users }: NonNullable<BasicConfig['file']>, services: PolicyServices): Promise<CredentialFile<UserList>> {
  return holdCredentialFile({ path, what: 'users', initial: new UserList(users), parse: (text) => new UserList(parseUserFile(text)) }, services);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
