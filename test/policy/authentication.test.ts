import { hash, createHmac } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import t, { type Test } from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Identity } from '../../src/exchange/identity.ts';
import { GatewayError } from '../../src/exchange/errors.ts';
import { authentication } from '../../src/policy/authentication.ts';
import type { Authenticator } from '../../src/policy/policy.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const SECRET = 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8';
const JWT = `jwt: { secret: "${SECRET}", requireExp: false }`;
const KEY = `apiKey: { keys: ["robot sha256:${hash('sha256', 'key-of-robot')} roles=robot"] }`;
const BASIC = `basic: { users: { anna: "${hashSync('pw', 4)}" }, groups: { human: [anna] } }`;

function token(claims: object, secret = SECRET): string {
  const signed = [{ alg: 'HS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Authorization: Bearer ${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const GOOD_TOKEN = token({ sub: 'tom', roles: ['human'] });
const BAD_TOKEN = token({ sub: 'tom' }, 'another secret');
const GOOD_KEY = 'X-API-Key: key-of-robot';
const BAD_KEY = 'X-API-Key: wrong';
const GOOD_PASSWORD = `Authorization: Basic ${btoa('anna:pw')}`;
const BAD_PASSWORD = `Authorization: Basic ${btoa('anna:no')}`;

type Answer = RawResponse & { readonly challenges: readonly string[] };

async function stage(t: Test, options: string): Promise<(...lines: string[]) => Promise<Answer>> {
  const gateway = await startLoneGateway(t, `routes: [{ respond: { body: in }, ${options} }]`);
  return async (...lines) => {
    const client = await RawClient.connect({ port: gateway.port });
    try {
      const answer = await client.write(['GET / HTTP/1.1', 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse();
      return { ...answer, challenges: answer.rawHeaders.filter(([name]) => name === 'WWW-Authenticate').map(([, value]) => value.split(' ', 1)[0] ?? '') };
    } finally {
      client.destroy();
    }
  };
}

await t.test('one way: missing and invalid are 401, each with how it is to be done', async (t) => {
  const send = await stage(t, BASIC);
  t.match([await send(), await send(BAD_PASSWORD), await send(GOOD_PASSWORD)], [{ status: 401, challenges: ['Basic'] }, { status: 401, challenges: ['Basic'] }, { status: 200 }]);
});

await t.test('several ways: every one is needed, and all are named to a client that has shown nothing', async (t) => {
  const send = await stage(t, `${KEY}, ${BASIC}`);
  t.match(await send(), { status: 401, challenges: ['ApiKey', 'Basic'] });
  t.equal((await send(GOOD_KEY)).status, 401);
  t.equal((await send(GOOD_PASSWORD)).status, 401);
  t.equal((await send(GOOD_KEY, BAD_PASSWORD)).status, 401);
  t.equal((await send(GOOD_KEY, GOOD_PASSWORD)).status, 200);
});

await t.test('anyOf: one of them is enough, and what is not valid of one does not harm another', async (t) => {
  const send = await stage(t, `${JWT}, ${KEY}, ${BASIC}, anyOf: [jwt, apiKey, basic]`);
  t.match(await send(), { status: 401, challenges: ['Bearer', 'ApiKey', 'Basic'] });
  for (const good of [GOOD_TOKEN, GOOD_KEY, GOOD_PASSWORD]) t.equal((await send(good)).status, 200, good);
  t.equal((await send(BAD_TOKEN, GOOD_KEY)).status, 200);
  t.equal((await send(BAD_KEY, GOOD_PASSWORD)).status, 200);
});

await t.test('anyOf: where nothing is valid, the first thing that was wrong is what the client is told', async (t) => {
  const send = await stage(t, `${JWT}, ${KEY}, ${BASIC}, anyOf: [jwt, apiKey, basic]`);
  t.match(await send(BAD_TOKEN, BAD_KEY), { status: 401, challenges: ['Bearer'], headers: { 'www-authenticate': /error="invalid_token"/ } });
  t.match(await send(BAD_KEY), { status: 401, challenges: ['ApiKey'] });
  t.match(await send(BAD_PASSWORD), { status: 401, challenges: ['Basic'] });
});

await t.test('anyOf beside one that is needed: that one, and any of the others', async (t) => {
  const send = await stage(t, `${JWT}, ${KEY}, ${BASIC}, anyOf: [jwt, basic]`);
  t.match(await send(), { status: 401, challenges: ['ApiKey', 'Bearer', 'Basic'] });
  t.equal((await send(GOOD_TOKEN)).status, 401);
  t.equal((await send(GOOD_KEY)).status, 401);
  t.equal((await send(GOOD_KEY, BAD_TOKEN)).status, 401);
  t.equal((await send(BAD_KEY, GOOD_TOKEN)).status, 401);
  t.equal((await send(GOOD_KEY, GOOD_TOKEN)).status, 200);
  t.equal((await send(GOOD_KEY, GOOD_PASSWORD)).status, 200);
});

await t.test('a service that answers by itself is the end of it, whoever else might have been asked', async (t) => {
  const auth = await startHttpUpstream((_request, response) => void response.writeHead(302, { location: '/login' }).end());
  t.teardown(async () => auth.close());
  const forward = `forwardAuth: "http://${auth.target}/"`;
  const any = await stage(t, `${KEY}, ${forward}, anyOf: [apiKey, forwardAuth]`);
  t.match([await any(GOOD_KEY), await any(BAD_KEY), await any()], [{ status: 200 }, { status: 302 }, { status: 302, headers: { location: '/login' } }]);
  t.equal(auth.requests, 2, 'who has a key costs the service nothing');
  const both = await stage(t, `${KEY}, ${forward}`);
  t.match([await both(), await both(GOOD_KEY)], [{ status: 401 }, { status: 302 }]);
});

const [ANNA, ROBOT]: readonly Identity[] = [{ kind: 'basic', name: 'anna', roles: ['human', 'x'], claims: {} }, { kind: 'apiKey', name: 'robot', roles: ['robot', 'x'], claims: {} }];

function fixed(outcome: Identity | null | Error, asked: string[] = [], name = ''): Authenticator {
  return {
    challenge: name,
    async authenticate() {
      asked.push(name);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}

async function outcomeOf(required: readonly Authenticator[], alternatives: readonly Authenticator[]): Promise<Exchange['identity'] | string> {
  const { exchange } = sampleExchange();
  try {
    await authentication(required, alternatives)(exchange);
    return exchange.identity;
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}

await t.test("the first one's word counts, with the roles of all", async (t) => {
  if (ANNA === undefined || ROBOT === undefined) throw new Error('both exist');
  t.match(await outcomeOf([fixed(ANNA), fixed(ROBOT)], []), { name: 'anna', roles: ['human', 'x', 'robot'] });
  t.match(await outcomeOf([fixed(ROBOT)], [fixed(null), fixed(ANNA)]), { name: 'robot', roles: ['robot', 'x', 'human'] });
});

await t.test('who is not recognised by the first is not asked of the next where all are needed', async (t) => {
  const asked: string[] = [];
  t.equal(await outcomeOf([fixed(null, asked, 'cheap'), fixed(ANNA ?? null, asked, 'dear')], [fixed(ANNA ?? null, asked, 'other')]), 'unauthorized');
  t.strictSame(asked, ['cheap']);
});

await t.test('threat: an authenticator that fails lets nobody in', async (t) => {
  t.equal(await outcomeOf([fixed(new TypeError('bug'))], []), 'TypeError: bug');
  t.equal(await outcomeOf([], [fixed(new TypeError('bug')), fixed(null)]), 'TypeError: bug');
  t.equal(await outcomeOf([fixed(new GatewayError('auth_unavailable', 'down'))], [fixed(ANNA ?? null)]), 'auth_unavailable');
});
