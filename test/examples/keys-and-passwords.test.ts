import { hashSync } from '@node-rs/bcrypt';
import { hash, scryptSync } from 'node:crypto';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const HASHES = {
  mobile: 'sha256:d33c6e85d75e455cae844e1b417346a81711245325e462c200008221757b5cec',
  nightly: 'sha256:9c31986262674a7fde54540cc9cfda9902427334c10ef3af6a52addd08da0378',
  anna: '$2b$12$3U738pcFr3QojlknX96FuuMkz.Wk4kdkmUTwih2D/n93vqCHDBxNm',
  ben: '$scrypt$ln=16,r=8,p=2$bRtU8+nwS5zM8E3SxurLDA$0WkKvviDdZ1YMR5f91iXbvUfYlDK37q4OJSdyuinjxY',
} as const;

function scryptHash(password: string): string {
  const salt = Buffer.from('salt of the test');
  const [saltText, keyText] = [salt, scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 })].map((bytes) => bytes.toString('base64').replaceAll('=', ''));
  return `$scrypt$ln=4,r=8,p=1$${saltText}$${keyText}`;
}

/** What the service of the sessions was asked, by headers. It knows one session, and does not answer to another. */
const questions: Readonly<Record<string, unknown>>[] = [];
const sessions = await startHttpUpstream((request, response) => {
  questions.push(request.headers);
  if (request.headers.cookie !== 'session=slow') response.writeHead(request.headers.cookie === 'session=anna' ? 204 : 401).end();
});
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => Promise.all([sessions.close(), upstream.close()]));
const clock = new ManualClock();
const gateway = await startLoneGateway(t, exampleText('keys-and-passwords', {
  ' api:8000': ` "${upstream.target}"`, ' wiki:3000': ` "${upstream.target}"`, ' app:3000': ` "${upstream.target}"`, 'sessions:9000': sessions.target,
  [HASHES.mobile]: `sha256:${hash('sha256', 'key-of-mobile')}`, [HASHES.nightly]: `sha256:${hash('sha256', 'key-of-nightly')}`, [HASHES.anna]: hashSync('a', 4), [HASHES.ben]: scryptHash('b'),
}), { clock });
const client = agentClient(t, gateway.port);

interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that the upstream had. */
  readonly sent: Readonly<Record<string, string>>;
}

async function ask(host: string, path: string, fields: Record<string, string> = {}): Promise<Asked> {
  const { status, headers, body } = await client({ path, headers: { host: `${host}.example.com`, ...fields } });
  return { status, headers, sent: status === 200 ? (JSON.parse(body.toString()) as { headers: Record<string, string> }).headers : {} };
}

function bearer(name: string): Record<string, string> {
  return { authorization: `Bearer key-of-${name}` };
}

function signIn(credentials: string): Record<string, string> {
  return { authorization: `Basic ${btoa(credentials)}` };
}

await t.test('both programs show their key behind Bearer, and one of them may import', async (t) => {
  t.match(await ask('api', '/v1/a', bearer('mobile')), { status: 200, sent: { authorization: undefined } });
  t.strictSame([(await ask('api', '/v1/imports/1', bearer('mobile'))).status, (await ask('api', '/v1/imports/1', bearer('nightly'))).status], [403, 200]);
  t.match(await ask('api', '/v1/a'), { status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' } });
  t.strictSame([(await ask('api', '/v1/a', bearer('nobody'))).status, (await ask('api', '/v1/a', { 'x-api-key': 'key-of-mobile' })).status, (await ask('api', '/v1/a', { 'x-auth-token': 'key-of-mobile' })).status], [401, 401, 401]);
});

await t.test('clients of before use a header of their own, and the app gets the key', async (t) => {
  t.match(await ask('api', '/v0/a', { 'x-auth-token': 'key-of-mobile' }), { status: 200, sent: { 'x-auth-token': 'key-of-mobile' } });
  t.match(await ask('api', '/v0/a', bearer('mobile')), { status: 200, sent: bearer('mobile') });
  t.equal((await ask('api', '/v0/a', { 'x-auth-token': 'key-of-nobody' })).status, 401);
});

await t.test('people read the wiki, and editors edit it, where it learns their password', async (t) => {
  t.match(await ask('wiki', '/'), { status: 401, headers: { 'www-authenticate': 'Basic realm="Wiki of Example", charset="UTF-8"' } });
  for (const credentials of ['anna:a', 'ben:b']) t.match(await ask('wiki', '/', signIn(credentials)), { status: 200, sent: { authorization: undefined } });
  t.equal((await ask('wiki', '/', signIn('ben:a'))).status, 401);
  t.equal((await ask('wiki', '/edit/1', signIn('ben:b'))).status, 403);
  t.match(await ask('wiki', '/edit/1', signIn('anna:a')), { status: 200, sent: signIn('anna:a') });
});

await t.test('the service of the sessions gets the session and the device, and nothing else that the client says', async (t) => {
  const fields = { 'cookie': 'session=anna', 'x-device': 'd1', 'user-agent': 'test', 'accept': 'text/html', 'authorization': 'Bearer other' };
  t.equal((await ask('app', '/', fields)).status, 200);
  t.match(questions.at(-1), { 'cookie': 'session=anna', 'x-device': 'd1', 'x-forwarded-uri': '/', 'user-agent': undefined, 'accept': undefined, 'authorization': undefined });
  t.equal((await ask('app', '/', { ...fields, cookie: 'session=none' })).status, 401);
});

await t.test('who waits for it for longer than a second is told so', async (t) => {
  const before = gateway.ended.length;
  const answer = ask('app', '/', { cookie: 'session=slow' });
  await eventually(() => questions.at(-1)?.['cookie'] === 'session=slow');
  clock.advance(900);
  const other = await fetch(`http://127.0.0.1:${gateway.port}/`);
  t.strictSame([other.status, gateway.ended.length], [404, before + 1], 'only the other one has ended');
  // The second, and the hundred milliseconds to which deadlines are exact.
  clock.advance(300);
  t.match(await answer, { status: 503 });
});
