import { hash } from 'node:crypto';
import { latePart } from '../lib/late-part.ts';
import type { ApiKeyConfig } from '../config/policies/api-key.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Identity, requireRole } from '../exchange/identity.ts';
import { KeyPlaces, type ShownKey } from './api-key/key-places.ts';
import { type HeldKey, KeyRing } from './api-key/key-ring.ts';
import { type CredentialFile, holdCredentialFile } from './credential-file.ts';
import { policy, type PolicyServices } from './policy.ts';

const NONE: readonly string[] = [];

/**
 * Recognises programs by a key of their own. One hash without salt is enough, because the keys are random: 128 bits cannot
 * be found by trying, however quick that is. Passwords, which can, are for `basic`.
 */
export const apiKey = policy({
  name: 'apiKey',
  isShared: true,
  async create(config, _route, services) {
    const { header, scheme, query, roles, keepKey, forward } = config;
    const challenge = challengeOf(config);
    const headers = ['WWW-Authenticate', scheme === 'Bearer' ? `${challenge}, error="invalid_token"` : challenge];
    const places = new KeyPlaces(config, headers);
    const fixed = new KeyRing(config.keys);
    const file = config.file === null ? null : await holdKeys(config.file, services);
    const held = (shown: ShownKey): HeldKey => {
      const digest = hash('sha256', shown.bytes, 'buffer');
      const [ours, theirs] = [fixed.find(digest), file?.value.find(digest) ?? null];
      const key = ours ?? theirs;
      if (key === null) throw new GatewayError('unauthorized', 'the API key is not known', { headers });
      const { name, expiresMs } = key.entry;
      if (expiresMs !== null && services.clock.now() >= expiresMs) throw new GatewayError('unauthorized', `the API key ${name} expired on ${dayOf(expiresMs)}`, { headers, expired: true });
      return key;
    };
    const passOn = (exchange: Exchange, identity: Identity, shown: ShownKey): void => {
      for (const { header: name, value } of forward) exchange.tellUpstream(name, value === 'name' ? identity.name : identity.roles.join(', '));
      if (!keepKey) return;
      const key = shown.bytes.toString('utf8');
      if (header !== null && shown.from !== 'scheme') exchange.tellUpstream(header, key);
      else if (header === null && query !== null) exchange.tellUpstream('Authorization', `${scheme ?? ''} ${key}`);
    };
    return {
      authenticator: {
        challenge,
        authenticate(exchange) {
          const shown = places.find(exchange);
          if (shown === null) return null;
          const { identity } = held(shown);
          requireRole(exchange, identity, roles);
          passOn(exchange, identity, shown);
          return identity;
        },
      },
      withholds: withheldBy(config),
      identityHeaders: forward.map(({ header: name }) => name),
      secretParameters: query === null ? NONE : [query],
      close: () => file?.release(),
    };
  },
});

/**
 * A key that is kept is said anew, so that there is no second one beside it under a name that an application takes for the same.
 * `Authorization` has no such name, and may hold what another policy passes on.
 */
function withheldBy({ header, scheme, query, keepKey }: ApiKeyConfig): readonly string[] {
  const saysAuthorization = header === null && query !== null;
  return [...(header === null ? NONE : [header]), ...(scheme !== null && (!keepKey || saysAuthorization) ? ['Authorization'] : NONE)];
}

/** RFC 9110 §11.6.1. Where the key has a header of its own there is no scheme to be registered; the parameter says which. */
function challengeOf({ header, scheme }: ApiKeyConfig): string {
  return scheme === null ? `ApiKey header="${header ?? ''}"` : `${scheme} realm="api"`;
}

async function holdKeys({ path, keys }: NonNullable<ApiKeyConfig['file']>, services: PolicyServices): Promise<CredentialFile<KeyRing>> {
  // It reads YAML, which takes a worker 25 MB that it needs for nothing else.
  const { parseKeyFile } = await latePart(async () => import('../config/credentials/key-file.ts'));
  return holdCredentialFile({ path, what: 'API keys', initial: new KeyRing(keys), parse: (text) => new KeyRing(parseKeyFile(path, text)) }, services);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().replace('T00:00:00.000Z', '');
}
