import { X509Certificate } from 'node:crypto';
import { parseCertificate, parsePrivateKey } from '../certificate-entry.ts';
import { isCovered, namesOf } from '../server-name.ts';
import { AcmeError, type ChallengeResponder, type ChallengeType, type IssuedCertificate } from './acme-types.ts';
import { fieldOf, listOf, retryAfterMs, textOf, type AcmeAnswer } from './answer.ts';
import { ChallengeError, type FailedChallenge } from './challenge-error.ts';
import { certificateRequest, type AcmeClient } from './client.ts';
import { orAborted, pause } from './deadline.ts';
import { placeOrder } from './new-order.ts';
import { problemText, problemType } from './problem.ts';

/** Waits between two looks at something that takes its time, where the CA names none. */
const POLL_MS_MIN = 500;
const POLL_MS_MAX = 10_000;
const POLL_GROWTH = 1.5;
/** RFC 8555, 8.3: base64url, of 128 bits at least; nobody needs a kilobyte. */
const TOKEN = /^[\w-]{1,1000}$/;

interface OrderRequest {
  readonly names: readonly string[];
  /** PEM, for the certificate. */
  readonly key: string;
  readonly responder: ChallengeResponder;
  /** PEM; null: a first one. */
  readonly replaces: string | null;
  /** Whether to try a way that failed in an order before this one. */
  readonly isTried: (host: string, type: ChallengeType) => boolean;
}

/** A challenge that was chosen for a host, and what answers it. */
interface Proof {
  readonly host: string;
  readonly type: ChallengeType;
  readonly token: string;
  readonly keyAuthorization: string;
  readonly challengeUrl: string;
  readonly authorizationUrl: string;
}

/**
 * One order from newOrder to the chain (RFC 8555, 7.4), bounded by the client's signal. Hosts the CA has lately
 * seen proofs of need none. Proofs are taken back whatever came of it.
 *
 * @throws ChallengeError where proofs failed, with all of them; AcmeError.
 */
export async function runOrder(client: AcmeClient, request: OrderRequest): Promise<IssuedCertificate> {
  const placed = await placeOrder(client, request.names, request.replaces);
  const urls = listOf(placed.order, 'authorizations').map(String);
  const proofs = await Promise.all(urls.map(async (url) => chooseProof(client, request, url)));
  await prove(client, request.responder, proofs.filter((proof) => proof !== null));
  const cert = await finalize(client, placed.url, request);
  return { cert: checkedChain(client, cert, request), key: request.key };
}

/** Null for an authorization that is valid already. */
async function chooseProof(client: AcmeClient, request: OrderRequest, url: string): Promise<Proof | null> {
  const { data } = await client.post(url);
  const status = textOf(data, 'status');
  if (status === 'valid') return null;
  const host = textOf(fieldOf(data, 'identifier'), 'value');
  if (status !== 'pending') throw new AcmeError(`${client.ca.name}: the authorization of ${host} is ${status || 'without a status'}`, '', null);
  requireOwn(client, request.names, host);
  const challenges = listOf(data, 'challenges');
  const types = request.responder.typesFor(fieldOf(data, 'wildcard') === true ? `*.${host}` : host);
  const offered = types.filter((type) => challenges.some((challenge) => textOf(challenge, 'type') === type));
  const type = offered.find((one) => !request.isTried(host, one)) ?? offered[0];
  const challenge = challenges.find((one) => textOf(one, 'type') === type);
  if (type === undefined || challenge === undefined) {
    const wanted = challenges.map((one) => textOf(one, 'type')).join(', ');
    throw new AcmeError(`${client.ca.name}: it wants a proof for ${host} by ${wanted}, and that cannot be given here`, '', null);
  }
  const token = textOf(challenge, 'token');
  if (!TOKEN.test(token)) throw new AcmeError(`${client.ca.name}: the token of its challenge for ${host} is none`, '', null);
  return {
    host, type, token,
    keyAuthorization: await client.keyAuthorization(token),
    challengeUrl: textOf(challenge, 'url'),
    authorizationUrl: url,
  };
}

/** A host goes to commands and workers: it is one of ours, whatever a CA may answer. */
function requireOwn(client: AcmeClient, names: readonly string[], host: string): void {
  if (names.some((name) => name === host || name === `*.${host}`)) return;
  throw new AcmeError(`${client.ca.name}: it wants a proof for a host that was not ordered`, '', null);
}

/** All hosts at once; every one is waited for, so that an error can name all that is wrong. */
async function prove(client: AcmeClient, responder: ChallengeResponder, proofs: readonly Proof[]): Promise<void> {
  try {
    const results = await Promise.allSettled(proofs.map(async (proof) => proveOne(client, responder, proof)));
    const broken = results.find((result) => result.status === 'rejected');
    if (broken !== undefined) throw broken.reason;
    const failed = results.flatMap((result) => (result.status === 'fulfilled' && result.value !== null ? [result.value] : []));
    if (failed.length > 0) throw new ChallengeError(client.ca.name, failed);
  } finally {
    await Promise.all(proofs.map(async ({ type, host, token, keyAuthorization }) => responder.remove(type, host, token, keyAuthorization)));
  }
}

async function proveOne(client: AcmeClient, responder: ChallengeResponder, proof: Proof): Promise<FailedChallenge | null> {
  const { host, type } = proof;
  try {
    await orAborted(responder.present(type, host, proof.token, proof.keyAuthorization), client.signal);
  } catch (error) {
    client.signal.throwIfAborted();
    const words = error instanceof Error ? error.message : String(error);
    return { host, type, error: new AcmeError(`the proof could not be put in place: ${words}`, '', null, { cause: error }) };
  }
  await client.post(proof.challengeUrl, {});
  const { data } = await poll(client, proof.authorizationUrl, new Set(['pending', 'processing']));
  if (textOf(data, 'status') === 'valid') return null;
  const challenge = listOf(data, 'challenges').find((one) => textOf(one, 'type') === type);
  const problem = fieldOf(challenge, 'error') ?? fieldOf(data, 'error');
  return { host, type, error: new AcmeError(problemText(problem), problemType(problem), null) };
}

async function finalize(client: AcmeClient, url: string, request: OrderRequest): Promise<string> {
  const ready = await poll(client, url, new Set(['pending']));
  requireStatus(client, ready, ['ready', 'processing', 'valid']);
  if (textOf(ready.data, 'status') === 'ready') {
    await client.post(textOf(ready.data, 'finalize'), { csr: await certificateRequest(request.names, request.key) });
  }
  const done = await poll(client, url, new Set(['ready', 'processing']));
  requireStatus(client, done, ['valid']);
  const { data } = await client.post(textOf(done.data, 'certificate'));
  return typeof data === 'string' ? data : '';
}

function requireStatus(client: AcmeClient, { data }: AcmeAnswer, wanted: readonly string[]): void {
  const status = textOf(data, 'status');
  if (wanted.includes(status)) return;
  const problem = fieldOf(data, 'error');
  const words = problem === undefined ? `the order is ${status || 'without a status'}` : problemText(problem);
  throw new AcmeError(`${client.ca.name}: ${words}`, problemType(problem), null);
}

/** Looks until the status is none of `passing`: after Retry-After, or ever less often; the signal ends it. */
async function poll(client: AcmeClient, url: string, passing: ReadonlySet<string>, waitMs: number = POLL_MS_MIN): Promise<AcmeAnswer> {
  const answer = await client.post(url);
  if (!passing.has(textOf(answer.data, 'status'))) return answer;
  const askedMs = retryAfterMs(answer, client.clock.now());
  await pause(client.clock, Math.max(askedMs ?? waitMs, POLL_MS_MIN), client.signal);
  return poll(client, url, passing, Math.min(waitMs * POLL_GROWTH, POLL_MS_MAX));
}

/** What a server would choke on must not replace a certificate that works. */
function checkedChain(client: AcmeClient, chain: string, { names, key }: OrderRequest): string {
  const leaf = parseCertificate(chain);
  const privateKey = parsePrivateKey(key);
  const fits = leaf !== null && privateKey !== null && leaf.checkPrivateKey(privateKey);
  if (fits && covers(leaf, names)) return chain;
  const words = fits ? 'does not cover all names of the order' : 'is none, or is not for the key it was ordered with';
  throw new AcmeError(`${client.ca.name}: what it sent as a certificate ${words}`, '', null);
}

function covers(leaf: X509Certificate, names: readonly string[]): boolean {
  const covered = new Set(namesOf(leaf.subjectAltName));
  return names.every((name) => isCovered(name, covered));
}
