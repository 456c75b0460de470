import { hash } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { check } from '../../src/cli/check.ts';
import { key } from '../../src/cli/key.ts';
import { parseKeyLine } from '../../src/config/credentials/api-key-entry.ts';
import { KeyRing } from '../../src/policy/api-key/key-ring.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { OK, startRecordingUpstream } from '../helpers/recording-upstream.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const KEY = 'slk_Zt7Qm2Xr9Lw4Kc8Vb3Nf6Hs1Jd5Gp0Ya';
const OTHER = 'slk_Unknown0Unknown0Unknown0Unknown0';
const PASSWORD = 'Tr0ub4dor-and-3-horses';
const ENTRY = `mobile sha256:${hash('sha256', KEY)}`;
/** Pieces by which a key is known also where it was cut, quoted or escaped. */
const TRACES = /Qm2Xr9Lw4|Unknown0Unk|Tr0ub4dor|VHIwdWI0ZG9y/;

async function send(port: number, target: string, ...lines: string[]): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  try {
    return await client.write([`GET ${target} HTTP/1.1`, 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse();
  } finally {
    client.destroy();
  }
}

function basic(user: string, password: string): string {
  return `Authorization: Basic ${btoa(`${user}:${password}`)}`;
}

await t.test('threat: a key or a password is read in the log, in an answer, or by the upstream', async (t) => {
  const upstream = await startRecordingUpstream(t, OK);
  const file = path.join(tempDir(t), 'keys.txt');
  writeFileSync(file, `${ENTRY}\n`);
  const process = await startSluice(t, `
log: { level: debug }
upstreams: { app: "${upstream.target}" }
routes:
  - { path: /header, upstream: app, apiKey: { file: ${file}, query: k } }
  - { path: /scheme, upstream: app, apiKey: { keys: ["${ENTRY}"], scheme: Bearer } }
  - { path: /basic, upstream: app, basic: { users: { anna: "${hashSync(PASSWORD, 4)}" } } }
  - { path: /open, upstream: app }
  - { path: /down, upstream: "127.0.0.1:1", apiKey: { file: ${file}, query: k } }`);
  const port = process.httpPort;
  const answers: RawResponse[] = [];
  for (const shown of [KEY, OTHER]) {
    for (const at of ['/header', '/down', '/none']) {
      answers.push(await send(port, at, `X-API-Key: ${shown}`), await send(port, at, `X-API-Key: ${shown}`, `X-API-Key: ${shown}`));
    }
    for (const at of ['/header', '/down']) {
      answers.push(await send(port, `${at}?a=1&k=${shown}`), await send(port, `${at}?%6b=${shown}&k=${shown}`));
      answers.push(await send(port, `${at}?a=1`, `X-API-Key: ${shown}`, `Referer: https://a.test/page?k=${shown}`));
    }
    answers.push(await send(port, '/open', `Referer: https://a.test/header?k=${shown}`));
    answers.push(await send(port, `/none?k=${shown}`), await send(port, '/scheme', `Authorization: Bearer ${shown}`));
  }
  for (const password of [PASSWORD, `${PASSWORD}!`]) answers.push(await send(port, '/basic', basic('anna', password)), await send(port, '/basic', basic(password, password)));
  await process.logged((line) => line['path'] === '/basic' && line['code'] === 'unauthorized');
  writeFileSync(file, `${KEY} ${KEY}\n`);
  const refused = /line 1[^\n]*/;
  await process.logged(() => refused.test(process.output()));
  t.ok(answers.some(({ status }) => status === 200) && answers.some(({ status }) => status === 401) && answers.some(({ status }) => status === 503), 'good ones, bad ones, and failures');
  t.notMatch(process.output(), TRACES, 'the logs');
  t.notMatch(answers.map(({ rawHeaders, text }) => `${rawHeaders.join()} ${text}`).join('\n'), TRACES, 'the answers');
  t.notMatch(upstream.bytes.replaceAll(/Referer: [^\r]*/g, ''), TRACES, 'the upstream');
});

await t.test('threat: a key that stands where its hash belongs is printed by a check', async (t) => {
  const dir = tempDir(t);
  writeFileSync(path.join(dir, 'keys.txt'), `mobile ${KEY}\n`);
  for (const options of [`apiKey: { keys: [{ name: a, hash: ${KEY} }] }`, `apiKey: { keys: ["a ${KEY}"] }`, `apiKey: { keys: [{ name: a, key: ${KEY} }] }`, 'apiKey: { file: keys.txt }', `basic: { users: { anna: ${PASSWORD} } }`]) {
    const file = path.join(dir, 'gateway.yaml');
    writeFileSync(file, `listen: { http: 80 }\nroutes: [{ respond: {}, ${options} }]\n`);
    const terminal = new MemoryTerminal();
    t.equal(await check(file, terminal), 2, options);
    t.notMatch(terminal.printed + terminal.complained, TRACES, options);
    t.match(terminal.complained, /hash|there is no option `key`/);
  }
});

async function keyCommand(...words: string[]): Promise<MemoryTerminal> {
  const terminal = new MemoryTerminal();
  await key('', terminal, { words, roles: null, expires: null });
  return terminal;
}

await t.test('threat: whoever reads the files has the keys', async (t) => {
  const { printed: out } = await keyCommand('new', 'mobile');
  const [secret = ''] = out.split('\n');
  const line = /file of keys: +(.*)/.exec(out)?.[1] ?? '';
  t.notOk(line.includes(secret.slice(4, 12)));
  t.equal(parseKeyLine(line).hash, hash('sha256', secret), 'it is the hash');
  const source = readFileSync(new URL('../../src/cli/key.ts', import.meta.url), 'utf8');
  t.notMatch(source, /writeFile|node:fs/, 'and is written nowhere');
});

await t.test('threat: the time of an answer tells how much of a key is right', async (t) => {
  const entries = Array.from({ length: 2000 }, (_, i) => parseKeyLine(`k${i} sha256:${hash('sha256', `key ${i}`)}`));
  const ring = new KeyRing(entries);
  const [first, last, none] = ['key 0', 'key 1999', 'no key'].map((text) => hash('sha256', text, 'buffer'));
  if (first === undefined || last === undefined || none === undefined) throw new Error('all were made');
  const times = new Map([first, last, none].map((digest) => [digest, [] as number[]]));
  for (let round = 0; round < 400; round += 1) {
    for (const [digest, samples] of times) {
      const startMs = performance.now();
      for (let i = 0; i < 20; i += 1) ring.find(digest);
      samples.push(performance.now() - startMs);
    }
  }
  const medians = [...times.values()].map((samples) => samples.toSorted((a, b) => a - b)[200] ?? 0);
  t.ok(Math.max(...medians) < Math.min(...medians) * 3, `a key of the list, the last one, none at all: ${medians.join(', ')} ms`);
});

/** Every way in which headers may say who a client is, each with a header of its own. */
async function everyIdentity(t: Test): Promise<{ readonly routes: string; readonly names: readonly string[] }> {
  const auth = await startHttpUpstream((_request, response) => void response.writeHead(200).end());
  t.teardown(async () => auth.close());
  const routes = `
  - { path: /jwt, upstream: app, jwt: { secret: "a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8", forward: { X-Jwt-User: sub } } }
  - { path: /key, upstream: app, apiKey: { keys: ["${ENTRY}"], forward: { X-Client: name, X-Key-Roles: roles } } }
  - { path: /basic, upstream: app, basic: { users: { anna: "${hashSync(PASSWORD, 4)}" }, forward: { X-User: name } } }
  - { path: /auth, upstream: app, forwardAuth: { url: "http://${auth.target}/", forward: [X-Auth-User], user: X-Auth-Name, roles: X-Auth-Groups } }`;
  return { routes, names: ['X-Jwt-User', 'X-Client', 'X-Key-Roles', 'X-User', 'X-Auth-User', 'X-Auth-Name', 'X-Auth-Groups'] };
}

await t.test('threat: a client says itself who it is, on any route, recognised or not (CVE-2026-30851)', async (t) => {
  const upstream = await startRecordingUpstream(t, OK);
  const { routes, names } = await everyIdentity(t);
  const gateway = await startLoneGateway(t, `defaults: { https: both }\nupstreams: { app: "${upstream.target}" }\nroutes:\n  - { path: /open, upstream: app }\n  - { path: /off, upstream: app, apiKey: off }${routes}`, { https: true });
  const forms = names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_')]);
  const lies = forms.map((name) => `${name}: root`);
  const proofs: readonly (readonly [at: string, proof: string])[] = [['/open', 'A: b'], ['/off', 'A: b'], ['/key', `X-API-Key: ${KEY}`], ['/basic', basic('anna', PASSWORD)], ['/auth', 'A: b']];
  for (const [at, proof] of proofs) {
    t.equal((await send(gateway.port, at, proof, ...lies)).status, 200, at);
    t.equal((await send(gateway.port, at, proof, `Connection: ${names.join(', ')}`, ...lies)).status, 200, `${at}, named by Connection`);
  }
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const name of new Set(forms.map((form) => form.toLowerCase()))) t.equal((await requestH2(session, { ':path': '/open', [name]: 'root' })).status, 200);
  t.equal(upstream.seen.length, proofs.length * 2 + new Set(forms.map((form) => form.toLowerCase())).size);
  const believed = upstream.seen.flatMap(({ line, headers }) => headers.filter(([, value]) => value === 'root').map(([name]) => `${line} ${name}`));
  t.strictSame(believed, []);
  t.strictSame(upstream.seen.filter(({ line }) => line.includes('/key')).map((request) => request.header('x-client')), ['mobile', 'mobile'], 'and what we say is there, whatever Connection names');
});

await t.test('threat: a client that nobody recognises is let in with somebody else on the same connection', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ respond: {}, apiKey: { keys: ["${ENTRY}"] } }]`);
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  const statuses: number[] = [];
  for (const line of [`X-API-Key: ${KEY}`, 'A: b', `X-API-Key: ${OTHER}`, `X-API-Key: ${KEY}`]) {
    statuses.push((await client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`).readResponse()).status);
  }
  t.strictSame(statuses, [200, 401, 401, 200]);
  t.strictSame(gateway.ended.map(({ identity }) => identity?.name), ['mobile', undefined, undefined, 'mobile']);
});
