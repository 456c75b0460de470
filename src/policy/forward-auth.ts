import type { ForwardAuthConfig } from '../config/policies/forward-auth.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import { ExpiringMap } from '../lib/expiring-map.ts';
import { answer } from '../respond/answer.ts';
import { hopsOf } from '../upstream/client-fields.ts';
import { HOPS_MAX } from '../upstream/forward.ts';
import { type AuthAnswer, AuthService } from './forward-auth/auth-call.ts';
import { type Grant, grantOf } from './forward-auth/granted.ts';
import { type Question, questionOf } from './forward-auth/question.ts';
import { refusalOf } from './forward-auth/refused.ts';
import { policy } from './policy.ts';

const GRANTS_MAX = 4096;

/** Has another service say who the client is. Whatever is not clearly a yes or a no is neither: the request goes no further. */
export const forwardAuth = policy({
  name: 'forwardAuth',
  isShared: true,
  create(config, _route, { clock, deadlines, kept }) {
    const { url, timeoutMs, headers, cacheMs } = config;
    const names = new Set(headers);
    const service = kept.hold(`service that authenticates ${new URL(url).href}`, () => new AuthService(url, deadlines));
    const grants = cacheMs > 0 ? new ExpiringMap<Grant>(clock, cacheMs, GRANTS_MAX) : null;
    const ask = async (exchange: Exchange, { headers: sent, key }: Question): Promise<Identity | null> => {
      const said = await service.value.ask(sent, timeoutMs, (left) => exchange.whenEnded(left)).catch((error: unknown) => {
        throw unavailable(exchange, error);
      });
      if (said.status < 200 || said.status > 299) return passOn(exchange, said);
      const grant = grantOf(said, config);
      grants?.set(key, grant);
      return admit(exchange, grant);
    };
    return {
      authenticator: {
        challenge: '',
        authenticate(exchange) {
          // The service may lie behind this gateway, and then behind itself.
          if (hopsOf(exchange.head.via) >= HOPS_MAX) throw new GatewayError('loop_detected', 'the service that authenticates is asked by way of itself');
          const question = questionOf(exchange, names, service.value.url);
          const known = grants?.get(question.key);
          return known === undefined ? ask(exchange, question) : admit(exchange, known);
        },
      },
      withholds: config.forward.filter(isAuthorization),
      identityHeaders: saidOfIdentity(config),
      close: () => service.release(),
    };
  },
});

function admit(exchange: Exchange, { identity, told }: Grant): Identity {
  for (const [name, value] of told) exchange.tellUpstream(name, value);
  return identity;
}

/** Gives the client the answer of the service. Nobody is recognised then. @throws GatewayError auth_unavailable */
function passOn(exchange: Exchange, said: AuthAnswer): null {
  const refusal = refusalOf(said);
  if (refusal === null) throw new GatewayError('auth_unavailable', `the service that authenticates answered ${said.status}`);
  if (said.status >= 400) exchange.fail(said.status === 401 ? 'unauthorized' : 'forbidden', `the service that authenticates answered ${said.status}`);
  answer(exchange, refusal.status, refusal.headers, refusal.body);
  return null;
}

function unavailable(exchange: Exchange, error: unknown): GatewayError {
  if (exchange.ended) return new GatewayError('client_closed', 'the client has gone');
  return new GatewayError('auth_unavailable', `the service that authenticates: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** Clients have credentials of their own to send in there, on other routes. */
function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization';
}

/** Whatever the service may say of a client, be it passed on or not. */
function saidOfIdentity({ forward, user, roles }: ForwardAuthConfig): string[] {
  return [...forward.filter((name) => !isAuthorization(name)), ...[user, roles].filter((name) => name !== null)];
}
