import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Test } from 'tap';
import { startHttpUpstream } from './upstream.ts';

export const NOW_S = Date.UTC(2026, 0, 1) / 1000;

export const ISSUER = 'https://login.test/';
export const AUDIENCE = 'api';

/** Good for an hour from where {@link ManualClock} starts. */
export const CLAIMS: JWTPayload = { iss: ISSUER, aud: AUDIENCE, sub: 'u1', iat: NOW_S - 10, exp: NOW_S + 3600 };

/** One pair of each kind that tokens are signed with, made once: RSA takes its time. */
export const PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
} as const;

export const SECRET = randomBytes(32).toString('hex');

export type SigningKey = KeyObject | Uint8Array;

/** Signed by jose, which has no line in common with what checks it. */
export async function sign(claims: JWTPayload, alg: string, key: SigningKey, header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(key);
}

export async function signWithSecret(claims: JWTPayload = CLAIMS, header: Record<string, unknown> = {}): Promise<string> {
  return sign(claims, 'HS256', Buffer.from(SECRET), header);
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' });
}

/** A public key as it stands in a set. */
export async function jwkOf(key: KeyObject, more: Record<string, unknown> = {}): Promise<JWK> {
  return { ...(await exportJWK(key)), ...more };
}

/** The parts of a token with another header, payload or signature; a text goes in as it is. */
export function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

interface KeyServer {
  readonly url: string;
  readonly requests: number;
  /** What it answers from now on. */
  publish(keys: readonly object[], headers?: Record<string, string>): void;
  /** Answers with this status until something is published. */
  fail(status: number): void;
  /** Requests are not answered until the returned function is called. */
  hold(): () => void;
}

/** An issuer's server for its keys; it publishes none at first. */
export async function startKeyServer(t: Pick<Test, 'teardown'>): Promise<KeyServer> {
  let status = 200;
  let body = '{"keys":[]}';
  let headers: Record<string, string> = {};
  let open: Promise<void> = Promise.resolve();
  const server = await startHttpUpstream(async (_request, response) => {
    await open;
    response.writeHead(status, headers).end(body);
  });
  t.teardown(async () => server.close());
  return {
    url: `http://127.0.0.1:${server.port}/jwks.json`,
    get requests() {
      return server.requests;
    },
    publish(keys, more = {}) {
      status = 200;
      headers = more;
      body = JSON.stringify({ keys });
    },
    fail(code) {
      status = code;
    },
    hold() {
      const gate = Promise.withResolvers<void>();
      open = gate.promise;
      return gate.resolve;
    },
  };
}
