import { decided } from '../exchange/decided.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import { type AuthenticationKind, decision } from '../observe/metrics/outcome.ts';
import type { Authenticator, RequestPhase } from './policy.ts';

interface Recognition {
  readonly identity: Identity | null;
  /** Why what was shown is not valid. */
  readonly failure: unknown;
}

/**
 * Finds out who the client is: each of `required` must recognise it, and one of `alternatives` where there are any. The first
 * one's word counts, with the roles of all.
 */
export function authentication(required: readonly Authenticator[], alternatives: readonly Authenticator[]): RequestPhase {
  const challenges = [...required, ...alternatives].flatMap(({ challenge }) => (challenge === '' ? [] : ['WWW-Authenticate', challenge]));
  const admit = (exchange: Exchange, identity: Identity | null): void => {
    // An authenticator may have answered by itself, with the way to a login page.
    if (exchange.sink.headSent) return;
    if (identity === null) throw new GatewayError('unauthorized', 'the request has no credentials', { headers: challenges });
    exchange.identity = identity;
  };
  const [only] = required;
  if (only !== undefined && required.length === 1 && alternatives.length === 0) {
    return (exchange) => {
      const found = only.authenticate(exchange);
      if (found instanceof Promise) return found.then((identity) => admit(exchange, identity));
      admit(exchange, found);
      return undefined;
    };
  }
  const anyOf = counted('anyOf', { challenge: '', authenticate: async (exchange) => firstOf(alternatives, exchange) });
  return async (exchange) => {
    const whole = await allOf(required, exchange);
    if (alternatives.length === 0 || (required.length > 0 && whole === null)) return admit(exchange, whole);
    const one = await anyOf.authenticate(exchange);
    return admit(exchange, whole === null || one === null ? one : joined(whole, one));
  };
}

/** The same authenticator, whose decisions are told to metrics and traces. */
export function counted(kind: AuthenticationKind, authenticator: Authenticator): Authenticator {
  const [passed, missing, invalid, expired] = [decision(kind, 'passed'), decision(kind, 'missing'), decision(kind, 'invalid'), decision(kind, 'expired')];
  const [forbidden, refused, unavailable] = [decision(kind, 'forbidden'), decision(kind, 'refused'), decision(kind, 'unavailable')];
  const found = (exchange: Exchange, identity: Identity | null): Identity | null => {
    // Whoever has answered by itself has refused, or shown the way to a login page.
    decided(exchange, identity !== null ? passed : exchange.sink.headSent ? refused : missing);
    return identity;
  };
  const failed = (exchange: Exchange, error: unknown): void => {
    if (!(error instanceof GatewayError)) decided(exchange, unavailable);
    else if (error.code === 'unauthorized') decided(exchange, error.expired ? expired : invalid);
    else if (error.code === 'insufficient_permissions') decided(exchange, forbidden);
    else if (error.code !== 'client_closed') decided(exchange, unavailable);
  };
  const settle = async (exchange: Exchange, asked: Promise<Identity | null>): Promise<Identity | null> => {
    try {
      return found(exchange, await asked);
    } catch (error) {
      failed(exchange, error);
      throw error;
    }
  };
  return {
    challenge: authenticator.challenge,
    authenticate(exchange) {
      try {
        const asked = authenticator.authenticate(exchange);
        return asked instanceof Promise ? settle(exchange, asked) : found(exchange, asked);
      } catch (error) {
        failed(exchange, error);
        throw error;
      }
    },
  };
}

/** What was shown and is not valid counts only where nothing else recognises the client. One is asked after the other, the cheap before the dear. */
async function firstOf([first, ...rest]: readonly Authenticator[], exchange: Exchange, before: unknown = null): Promise<Identity | null> {
  if (first === undefined) {
    if (before !== null) throw before;
    return null;
  }
  const { identity, failure } = await recognise(first, exchange);
  if (identity !== null || exchange.sink.headSent) return identity;
  return firstOf(rest, exchange, before ?? failure);
}

async function recognise(authenticator: Authenticator, exchange: Exchange): Promise<Recognition> {
  try {
    return { identity: await authenticator.authenticate(exchange), failure: null };
  } catch (failure) {
    return { identity: null, failure };
  }
}

/** Null as soon as one does not recognise the client. */
async function allOf([first, ...rest]: readonly Authenticator[], exchange: Exchange): Promise<Identity | null> {
  if (first === undefined) return null;
  const identity = await first.authenticate(exchange);
  if (identity === null || rest.length === 0 || exchange.sink.headSent) return identity;
  const others = await allOf(rest, exchange);
  return others === null ? null : joined(identity, others);
}

function joined(first: Identity, second: Identity): Identity {
  return { ...first, roles: [...new Set([...first.roles, ...second.roles])] };
}
