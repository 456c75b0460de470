import { AcmeError } from './acme-types.ts';
import type { AcmeClient } from './client.ts';
import { renewalId } from './renewal-info.ts';

/** The CA's answer to `replaces` where it does not agree; the order is as good without. */
const REPLACES_REFUSED = new Set(['alreadyReplaced', 'malformed', 'conflict', 'unauthorized']);

interface NewOrder {
  readonly url: string;
  /** The order object (RFC 8555, 7.1.3), not yet believed. */
  readonly order: unknown;
}

/**
 * Places an order, with what acme-client knows nothing of: the certificate it follows (`replaces`, RFC 9773,
 * 5) and the CA's profile (draft-ietf-acme-profiles, 4). A CA that refuses `replaces`, because that
 * certificate has been followed already or is unknown to it, is asked again without.
 *
 * @throws AcmeError
 */
export async function placeOrder(client: AcmeClient, names: readonly string[], replaces: string | null): Promise<NewOrder> {
  const profile = await checkedProfile(client);
  const followed = await followedId(client, replaces);
  const payload = {
    identifiers: names.map((value) => ({ type: 'dns', value })),
    ...(profile === null ? {} : { profile }),
  };
  if (followed === null) return post(client, payload);
  return post(client, { ...payload, replaces: followed }).catch(async (error: unknown) => {
    if (error instanceof AcmeError && REPLACES_REFUSED.has(error.type)) return post(client, payload);
    throw error;
  });
}

async function post(client: AcmeClient, payload: object): Promise<NewOrder> {
  const resource = await client.resource('newOrder');
  const answer = await client.post(resource ?? '', payload);
  const url: unknown = answer.headers['location'];
  if (typeof url === 'string' && url !== '') return { url, order: answer.data };
  throw new AcmeError(`${client.ca.name}: it took an order and did not say where that is`, '', null);
}

async function checkedProfile(client: AcmeClient): Promise<string | null> {
  const { profile, name } = client.ca;
  if (profile === null) return null;
  const offered = await client.meta('profiles');
  const names = typeof offered === 'object' && offered !== null ? Object.keys(offered) : [];
  if (names.includes(profile)) return profile;
  const known = names.length === 0 ? 'it offers none' : `it offers ${names.join(', ')}`;
  throw new AcmeError(`${name}: it has no certificate profile "${profile}"; ${known}`, 'invalidProfile', null);
}

/** Only a CA that plans renewals knows what to do with it. */
async function followedId(client: AcmeClient, replaces: string | null): Promise<string | null> {
  if (replaces === null || (await client.resource('renewalInfo')) === null) return null;
  return renewalId(replaces);
}
