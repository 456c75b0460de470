import { hashSync } from '@node-rs/bcrypt';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { basic } from '../../src/policy/basic.ts';
import { startGateway } from '../helpers/gateway.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { policyServices, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const QUICK = 4;
const ANNA = hashSync('anna: pässword', QUICK).replace('$2b$', '$2y$');
const BEN = hashSync('ben', QUICK);
const USERS = `users: { anna: "${ANNA}", ben: "${BEN}" }`;

function shown(user: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function ask(port: number, lines: readonly string[]): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  try {
    return await client.write(['GET / HTTP/1.1', 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse();
  } finally {
    client.destroy();
  }
}

async function stage(t: Test, options: string): Promise<{ readonly gateway: LoneGateway; readonly send: (...lines: string[]) => Promise<RawResponse> }> {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", ${options} }]`);
  return { gateway, send: async (...lines) => ask(gateway.port, lines) };
}

function headersOf({ text }: RawResponse): Record<string, string> {
  return (JSON.parse(text) as { headers: Record<string, string> }).headers;
}

await t.test('who knows a password comes in, and the upstream learns who it is but not the password', async (t) => {
  const { gateway, send } = await stage(t, `basic: { ${USERS}, groups: { admin: anna }, forward: { X-User: name, X-Roles: roles } }`);
  for (let turn = 0; turn < 2; turn += 1) {
    const good = await send(shown('anna', 'anna: pässword'), 'X-User: evil', 'X_Roles: root');
    t.equal(good.status, 200);
    t.match(headersOf(good), { 'x-user': 'anna', 'x-roles': 'admin', 'authorization': undefined, 'x_roles': undefined });
  }
  t.match(gateway.ended[1]?.identity, { kind: 'basic', name: 'anna', roles: ['admin'], claims: {} });
});

await t.test('without a password, and with a wrong one, it is 401 and the browser asks for it in UTF-8', async (t) => {
  const { gateway, send } = await stage(t, `basic: { ${USERS}, realm: "Staff only" }`);
  for (const line of ['X: y', shown('anna', 'guessed'), shown('nobody', 'ben'), shown('ben', ''), 'Authorization: Basic !', `Authorization: Basic ${Buffer.from('ben').toString('base64')}`, 'Authorization: Bearer x']) {
    t.match(await send(line), { status: 401, headers: { 'www-authenticate': 'Basic realm="Staff only", charset="UTF-8"' } }, line);
  }
  t.notMatch(gateway.ended.map(({ errorDetail }) => errorDetail).join(), /guessed|nobody|YW5uY/, 'neither passwords nor made-up names are written down');
});

await t.test('the upstream gets the password where that is said', async (t) => {
  const { send } = await stage(t, `basic: { ${USERS}, keepCredentials: true }`);
  t.equal(headersOf(await send(shown('ben', 'ben')))['authorization'], 'Basic YmVuOmJlbg==');
});

await t.test('roles: a user without one of them is known, and still may not', async (t) => {
  const { send } = await stage(t, `basic: { ${USERS}, groups: { admin: [anna] }, roles: [admin] }`);
  t.strictSame([(await send(shown('ben', 'ben'))).status, (await send(shown('anna', 'anna: pässword'))).status], [403, 200]);
});

await t.test('a right password costs once: from then on nobody waits for it', async (t) => {
  const { authenticator } = await startPolicy(basic, `basic: { ${USERS} }`);
  const authenticate = (): unknown => authenticator?.authenticate(sampleExchange({ headers: shown('ben', 'ben').split(': ') }).exchange);
  const first = authenticate();
  t.ok(first instanceof Promise);
  t.match(await first, { name: 'ben' });
  t.match(authenticate(), { name: 'ben' }, 'at once');
});

await t.test('threat: while passwords are being guessed those who have signed in come in, and the guesses end in 503', async (t) => {
  const slow = hashSync('ben', 9);
  const { send } = await stage(t, `basic: { users: { ben: "${slow}" } }`);
  t.equal((await send(shown('ben', 'ben'))).status, 200);
  const guesses = Promise.all(Array.from({ length: 45 }, async (_, i) => (await send(shown('ben', `guess ${i}`))).status));
  await eventually(async () => (await send(shown('ben', 'ben'))).status === 200);
  const statuses = await guesses;
  t.ok(statuses.every((status) => status === 401 || status === 503), statuses.join());
  t.ok(statuses.includes(503), 'only so many wait');
});

await t.test('threat: an unknown user takes as long as a known one with a wrong password', async (t) => {
  const checked: string[] = [];
  const services = policyServices();
  const { authenticator } = await startPolicy(basic, `basic: { ${USERS} }`, services);
  const { value: checks } = services.kept.hold('checks of passwords', () => ({ close: () => undefined }));
  const check = Reflect.get(checks, 'check') as (question: { hash: { text: string } }) => Promise<boolean>;
  Reflect.set(checks, 'check', async (question: { hash: { text: string } }) => {
    checked.push(question.hash.text);
    return check.call(checks, question);
  });
  for (const [user, password] of [['ben', 'no'], ['nobody', 'no'], ['nobody', 'no'], ['nobody', 'ben']] as const) {
    await t.rejects(Promise.resolve(authenticator?.authenticate(sampleExchange({ headers: shown(user, password).split(': ') }).exchange)), { code: 'unauthorized' });
  }
  t.equal(checked.length, 4, 'each of them is checked');
  t.ok(checked.every((hash) => hash === ANNA || hash === BEN), 'with the hash of some user');
  t.equal(new Set(checked.slice(1)).size, 1, 'always the same one for a name');
});

await t.test('a client that leaves while its password waits frees its place', async (t) => {
  const slow = hashSync('ben', 10);
  const { gateway, send } = await stage(t, `basic: { users: { ben: "${slow}" } }`);
  const clients = await Promise.all(Array.from({ length: 33 }, async () => RawClient.connect({ port: gateway.port })));
  for (const [i, client] of clients.entries()) client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${shown('ben', `guess ${i}`)}\r\n\r\n`);
  await eventually(() => gateway.begun() === 33);
  for (const client of clients) client.destroy();
  await eventually(() => gateway.ended.length === 33);
  t.equal((await send(shown('ben', 'ben'))).status, 200, 'behind the one that runs');
});

await t.test('an htpasswd file counts as it is now, and who is taken out of it is out at once', async (t) => {
  const file = path.join(tempDir(t), '.htpasswd');
  writeFileSync(file, `anna:${ANNA}\nben:${BEN}\n`);
  const gateway = await startGateway(t, `workers: 1\nroutes: [{ respond: {}, basic: { file: ${file} } }]`);
  const statusOf = async (user: string, password: string): Promise<number> => (await ask(gateway.httpPort, [shown(user, password)])).status;
  t.strictSame([await statusOf('anna', 'anna: pässword'), await statusOf('ben', 'ben')], [200, 200]);
  writeFileSync(file, `anna:${hashSync('new', QUICK)}\n`);
  await eventually(async () => (await statusOf('ben', 'ben')) === 401, 5000);
  t.strictSame([await statusOf('anna', 'anna: pässword'), await statusOf('anna', 'new')], [401, 200], 'what was remembered is of the old hash');
});
