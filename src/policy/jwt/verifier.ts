import fastify from 'fastify';
import type { JwtConfig } from '../../config/jwt-config.ts';
import { latePart } from '../../lib/late-part.ts';
import { NO_SCHEMAS } from '../../lib/no-schemas.ts';
import type { JwtKey } from '../../lib/jwt-key.ts';
import { TokenFault } from './token-fault.ts';

declare module '@fastify/jwt' {
  /** One namespace for each key. */
  interface FastifyJWT {
    namespaces: string;
  }
}

export type Claims = Readonly<Record<string, unknown>>;

/** What must be so of a token whichever key it is signed with. */
type TokenRules = Pick<JwtConfig, 'issuers' | 'audiences' | 'requireExp'>;

/** What fast-jwt says where a signature is not by this key: wrong, or of a form that no key of its kind makes. */
const OTHER_KEY = new Set(['FAST_JWT_INVALID_SIGNATURE', 'FAST_JWT_VERIFY_ERROR']);

/** Checks tokens by one key, for the algorithms of that key and no other. */
export class Verifier {
  readonly key: JwtKey;
  /** The key is in none of the sets any more: what was checked by it counts no longer. */
  isRetired = false;
  readonly #verify: (token: string) => Claims;

  constructor(key: JwtKey, verify: (token: string) => Claims) {
    this.key = key;
    this.#verify = verify;
  }

  /**
   * @returns null: it is not signed by this key.
   * @throws TokenFault where it is, and is not good for another reason
   */
  verify(token: string): Claims | null {
    try {
      return this.#verify(token);
    } catch (error) {
      const { code, message } = faultOf(error);
      if (OTHER_KEY.has(code)) return null;
      throw new TokenFault(message);
    }
  }
}

/**
 * Verifiers for some keys, made by @fastify/jwt. Time is left out: the library would have the system's, or one that was
 * fixed when the verifier was made (adr/0011). It keeps no tokens unless it is told to.
 */
export async function makeVerifiers(keys: readonly JwtKey[], { issuers, audiences, requireExp }: TokenRules): Promise<Verifier[]> {
  // Loaded on first use: a gateway without tokens need not have it.
  const { default: plugin } = await latePart(async () => import('@fastify/jwt'));
  const host = fastify({ logger: false, schemaController: NO_SCHEMAS });
  // Of a claim that a token lacks the library would ask nothing.
  const requiredClaims = [...(issuers.length > 0 ? ['iss'] : []), ...(audiences.length > 0 ? ['aud'] : []), ...(requireExp ? ['exp'] : [])];
  for (const [index, { algorithms, material }] of keys.entries()) {
    void host.register(plugin, {
      namespace: `key${index}`,
      secret: { public: material },
      verify: {
        algorithms: [...algorithms],
        ignoreExpiration: true,
        ignoreNotBefore: true,
        requiredClaims,
        ...(issuers.length > 0 ? { allowedIss: [...issuers] } : {}),
        ...(audiences.length > 0 ? { allowedAud: [...audiences] } : {}),
      },
    });
  }
  await host.ready();
  return keys.map((key, index) => {
    const library = host.jwt[`key${index}`];
    if (library === undefined) throw new Error('@fastify/jwt has made no verifier');
    return new Verifier(key, (token) => library.verify<Claims>(token));
  });
}

function faultOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: error.message };
}
