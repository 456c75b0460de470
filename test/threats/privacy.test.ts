import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { join } from 'node:path';
import { hashSync } from '@node-rs/bcrypt';
import t, { type Test } from 'tap';
import { LOG_VARIABLES } from '../../src/config/log-template.ts';
import { adminFile, commandOutcome } from '../helpers/admin-file.ts';
import { startCollector } from '../helpers/collector.ts';
import { requestH2 } from '../helpers/h2-client.ts';
import { startGateway } from '../helpers/gateway.ts';
import { EMPLOYEE_PATTERN, escapedWhole, leaksIn, mojibake, PERSONAL_DATA } from '../helpers/personal-data.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { OK, startRecordingUpstream, type RecordedRequest } from '../helpers/recording-upstream.ts';
import { startSluice, type SluiceProcess } from '../helpers/sluice-process.ts';
import { startStreamServer } from '../helpers/syslog-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const SECRET = 'a2F2ZWgtbm9ib2R5LWd1ZXNzZXMtdGhpcy1zZWNyZXQ-8';
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const VALUES: readonly string[] = Object.values(PERSONAL_DATA).flat();
/** Requests that are sent for every format. */
const SHORT_COUNT = 4;
const HEADERS_LOGGED = ['x-note', 'x-forwarded-for', 'traceparent', 'tracestate', 'x-request-id', 'origin', 'user-agent'];
/** Names of keys have no spaces. */
const KEY_NAMES: readonly string[] = VALUES.filter((value) => /^[A-Za-z0-9][\w.@+-]*$/.test(value));

interface Format {
  readonly name: string;
  /** Of `accessLog`, without where it goes and what is masked. */
  readonly options: string;
  readonly address: 'truncate' | 'hash';
}

const TEMPLATE = [...LOG_VARIABLES.map((name) => `$${name}`), ...HEADERS_LOGGED.map((name) => `$http_${name.replaceAll('-', '_')}`), '$sent_http_x_note', '$arg_raw', '$arg_whole'].map((variable) => `"${variable}"`);

const FORMATS: readonly Format[] = [
  { name: 'json', options: `format: json, headers: [${HEADERS_LOGGED.join(', ')}]`, address: 'truncate' },
  { name: 'combined', options: 'format: combined', address: 'truncate' },
  { name: 'pretty', options: 'format: pretty', address: 'truncate' },
  { name: 'template', options: `template: '${TEMPLATE.join(' ')}'`, address: 'hash' },
  { name: 'template as JSON', options: `template: '[${TEMPLATE.join(',')}]', escape: json`, address: 'hash' },
];

function configText({ options, address }: Format, to: string, { collector, app, users }: { readonly collector: string; readonly app: string; readonly users: string }): string {
  const keys = KEY_NAMES.map((name) => `"${name} sha256:${createHash('sha256').update(`key of ${name}`).digest('hex')}"`);
  return `
workers: 2
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
log: { level: debug }
trustedProxies: [127.0.0.1]
recentRequests: 5000
traces: { endpoint: "${collector}", trustClients: all, user: true }
accessLog: { ${options}, to: ${to}, mask: { email: true, phone: true, card: true, address: ${address}, patterns: { employee: '${EMPLOYEE_PATTERN}' } } }
upstreams: { app: "${app}", gone: "127.0.0.1:1" }
routes:
  - { name: jwt, path: /jwt/*, upstream: app, https: both, jwt: { secret: "${SECRET}", requireExp: false } }
  - { name: role, path: /role/*, upstream: app, https: both, jwt: { secret: "${SECRET}", requireExp: false, roles: [admin] } }
  - { name: key, path: /key/*, upstream: app, https: both, apiKey: { keys: [${keys.join(', ')}] } }
  - { name: basic, path: /basic/*, upstream: app, https: both, basic: { file: "${users}" } }
  - { name: closed, path: /closed/*, upstream: app, https: both, ip: { deny: [0.0.0.0/0, "::/0"] } }
  - { name: cors, path: /cors/*, upstream: app, https: both, cors: { origins: "https://good.test", enforce: true } }
  - { name: gone, path: /gone/*, upstream: gone, https: both }
  - { name: all, path: /*, upstream: app, https: both }
`;
}

/** As it may stand in a path: what must be escaped is. */
function segmentOf(value: string): string {
  return value.replaceAll(/[^\w.~!$&'()*+,;=:@-]/gu, (character) => escapedWhole(character).toUpperCase());
}

/** A number as the id of a trace; else, what is no such id at all. */
function traceparentOf(value: string): string {
  const digits = value.normalize('NFKC').replaceAll(/[^0-9]/g, '');
  const hex = value.startsWith('E') ? value.toLowerCase() : digits;
  return hex.length < 7 || hex.length > 15 ? value : `00-${hex.padStart(32, '0')}-${hex.padStart(16, '0')}-01`;
}

function queryOf(value: string): string {
  const unicode = Array.from(value, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  return `?raw=${segmentOf(value).replaceAll('&', '%26')}&whole=${escapedWhole(value)}&twice=${encodeURIComponent(encodeURIComponent(value))}`
    + `&json=${encodeURIComponent(JSON.stringify({ tel: value }))}&unicode=${encodeURIComponent(unicode)}&next=${encodeURIComponent(`https://b.test/?of=${encodeURIComponent(value)}`)}`;
}

/** Where its form is one of a host, a part of it. */
function hostOf(value: string): string {
  const label = value.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return /^(?:0|82-10|E|[3-6])/.test(value) && !/[^\u0020-\u007e]/.test(value) && !value.includes(':') ? `${label}.a.test` : 'a.test';
}

function isAddress(value: string): boolean {
  return (PERSONAL_DATA.address as readonly string[]).includes(value);
}

function headersOf(value: string): Record<string, string> {
  const text = mojibake(value);
  return {
    'user-agent': `App/1.0 (${text})`, referer: `https://shop.test/of/${segmentOf(value)}${queryOf(value)}`, origin: `https://${hostOf(value)}`, 'x-note': text,
    traceparent: mojibake(traceparentOf(value)), tracestate: `who=${text.replaceAll(/[,=]/g, '')}`, cookie: `who=${text}`,
    'x-request-id': text.replaceAll(' ', '-').replaceAll(/[^\u0021-\u007e]/g, ''), ...(isAddress(value) ? { 'x-forwarded-for': value } : {}),
  };
}

function token(claims: object, head: object = {}): string {
  const signed = [{ alg: 'HS256', ...head }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `Bearer ${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** The requests that one value is sent with: targets with the headers that they need. */
function requestsOf(value: string): readonly (readonly [target: string, headers: Readonly<Record<string, string>>])[] {
  const segment = segmentOf(value);
  const query = queryOf(value);
  // Each costs a good part of a second.
  const basic = value === PERSONAL_DATA.email[0] ? [[`/basic/${segment}`, { authorization: `Basic ${btoa(`${value}:wrong`)}` }] as const] : [];
  const key = KEY_NAMES.includes(value) ? [[`/key/${segment}`, { 'x-api-key': `key of ${value}` }] as const] : [];
  return [
    [`/all/${segment}/end${query}`, {}], [`/cors/${escapedWhole(value)}`, {}], [`/jwt/${segment}`, { authorization: token({ sub: value }) }], [`/%zz/${segment}${query}`, {}],
    [`/all/${encodeURIComponent(encodeURIComponent(value))}${query}`, {}], [`/closed/${segment}`, {}], [`/gone/${segment}`, {}],
    ['/jwt/kid', { authorization: token({ sub: value }, { kid: value, alg: 'HS512' }) }], [`/role/${segment}`, { authorization: token({ sub: value }) }],
    ...basic, ...key,
  ];
}

/** Sends one value over HTTP/1.1, WebSocket and HTTP/2. @param isFull else only what is written down in another way by each format. */
async function sendValue(value: string, isFull: boolean, { httpPort, session }: { readonly httpPort: number; readonly session: ClientHttp2Session }): Promise<void> {
  const lines = (headers: Readonly<Record<string, string>>): string => Object.entries({ ...headersOf(value), ...headers }).map(([name, text]) => `${name}: ${text}\r\n`).join('');
  const requests = isFull ? requestsOf(value) : requestsOf(value).slice(0, SHORT_COUNT);
  const client = await RawClient.connect({ port: httpPort });
  for (const [target, headers] of requests) {
    await client.write(`GET ${target} HTTP/1.1\r\nHost: ${hostOf(value)}\r\n${lines(headers)}\r\n`).readResponse({ timeoutMs: 20_000 });
  }
  client.destroy();
  // Of an address as its host, a gateway serves people who have no name for it.
  const badHost = isAddress(value) ? [] : [`GET /all/host HTTP/1.1\r\nHost: ${mojibake(value)}\r\nConnection: close\r\n\r\n`];
  for (const head of [...badHost, `GET /ws/${segmentOf(value)}${queryOf(value)} HTTP/1.1\r\nHost: ${hostOf(value)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${lines({})}\r\n`]) {
    const one = await RawClient.connect({ port: httpPort });
    await one.write(head).readResponse({ timeoutMs: 20_000 });
    one.destroy();
  }
  await Promise.all((isFull ? requests : requests.slice(0, 1)).map(async ([path, headers]) => requestH2(session, { ':path': path, ':authority': hostOf(value), ...headersOf(value), ...headers })));
  if (isFull && /^[\w.-]+$/.test(value) && !isAddress(value)) await requestH2(session, { ':path': '/all/method', ':method': value, ':authority': 'a.test' });
}

function connectTo(t: Test, port: number): ClientHttp2Session {
  const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  session.on('error', () => session.destroy());
  t.teardown(() => session.destroy());
  return session;
}

/** Everything that one can read at the admin listener; of streams what comes first. */
async function adminAnswers(port: number): Promise<Record<string, string>> {
  const origin = `http://127.0.0.1:${port}`;
  const { paths } = (await (await fetch(`${origin}/openapi.json`)).json()) as { readonly paths: Readonly<Record<string, object>> };
  const answers: Record<string, string> = {};
  for (const [path, operations] of Object.entries(paths)) {
    if (!('get' in operations) || path.includes('{') || path === '/requests/stream') continue;
    if (path === '/status/stream') answers[path] = await firstOf(`${origin}${path}`);
    else answers[path] = await (await fetch(`${origin}${path}${path === '/requests' ? '?count=1000' : ''}`)).text();
  }
  answers['OpenMetrics'] = await (await fetch(`${origin}/metrics`, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } })).text();
  return answers;
}

/** The first event of a stream. */
async function firstOf(url: string): Promise<string> {
  const response = await fetch(url);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('\n\n')) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}

/** Collects what a stream, or a command that has no end, says until the test is over. */
async function listenTo(t: Test, adminPort: number): Promise<() => Record<string, string>> {
  const said: Record<string, string> = { '/requests/stream': '', tail: '', 'tail --json': '' };
  const controller = new AbortController();
  const response = await fetch(`http://127.0.0.1:${adminPort}/requests/stream`, { signal: controller.signal });
  const read = async (): Promise<void> => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) said['/requests/stream'] += text;
  };
  const reading = read().catch(() => undefined);
  const file = adminFile(t, adminPort);
  const children = [[], ['--json']].map((more) => {
    const child = spawn(process.execPath, [MAIN, 'tail', '-c', file, '--last', '0', ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said[['tail', ...more].join(' ')] += chunk.toString(); });
    return child;
  });
  t.teardown(async () => {
    controller.abort();
    for (const child of children) child.kill('SIGKILL');
    await reading;
  });
  return () => said;
}

await t.test('threat: of a corpus of personal data, nothing is to be read anywhere, but for the upstream, which gets it as it came', { timeout: 120_000 }, async (t) => {
  for (const value of VALUES) t.ok(leaksIn(`{"path":"/a/${escapedWhole(value)}"}`).includes(value), `what is looked for would be found: ${value}`);
  const collector = await startCollector(t);
  const app = await startRecordingUpstream(t, (request, socket) => {
    if (request.header('upgrade') === undefined) OK(request, socket);
    else socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n');
  });
  const found: string[] = [];
  const search = (place: string, text: string): void => {
    if (text === '') found.push(`${place}: nothing is there to be searched`);
    for (const leak of leaksIn(text)) found.push(`${place}: ${leak} ${excerpt(text, leak)}`);
  };
  let gateway: SluiceProcess | null = null;
  let listened: (() => Record<string, string>) | null = null;
  let session: ClientHttp2Session | null = null;
  const syslog = await startStreamServer(t);
  const users = join(tempDir(t), 'users');
  writeFileSync(users, `${PERSONAL_DATA.email[0]}:${hashSync('right', 10)}\n`);
  for (const format of [...FORMATS, { name: 'syslog', options: 'format: json', address: 'hash' } as const]) {
    const file = `${format.name.replaceAll(' ', '-')}.log`;
    const to = format.name === 'syslog' ? `{ syslog: "tcp://127.0.0.1:${syslog.port}" }` : `{ file: ./${file} }`;
    const places = { collector: collector.endpoint, app: app.target };
    const text = configText(format, to, { ...places, users });
    if (gateway === null) {
      gateway = await startSluice(t, text, { https: true });
      listened = await listenTo(t, gateway.adminPort);
      session = connectTo(t, gateway.httpsPort);
    } else {
      gateway.write(text);
      const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/reload`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      t.equal(response.status, 200, `${format.name}: ${await response.text()}`);
    }
    const { httpPort, dir } = gateway;
    const isFirst = format === FORMATS[0];
    await Promise.all(VALUES.map(async (value) => sendValue(value, isFirst, { httpPort, session: session! })));
    const lines = await eventually(() => {
      const text = format.name === 'syslog' ? syslog.messages.join('\n') : existsSync(`${dir}/${file}`) ? readFileSync(`${dir}/${file}`, 'utf8') : '';
      return text.split('\n').length > VALUES.length * (isFirst ? 20 : 6) && text;
    }, 30_000);
    search(format.name, lines);
    for (const label of ['[phone]', '[email]', '[card]', '[employee]']) t.ok(lines.includes(label), `${format.name} has ${label}`);
    if (isFirst || format.name === 'syslog') for (const [path, text] of Object.entries(await adminAnswers(gateway.adminPort))) search(path, text);
  }
  if (gateway === null || listened === null) return;
  for (const command of ['status', 'top']) search(command, (await commandOutcome([command, '-c', adminFile(t, gateway.adminPort)])).join('\n'));
  await eventually(() => Object.values(listened?.() ?? {}).every((text) => text.includes('employee')), 20_000);
  for (const [place, text] of Object.entries(listened())) search(place, text);
  await eventually(() => collector.spans.length > VALUES.length * 20, 20_000);
  search('spans', JSON.stringify(collector.spans));
  search('the messages of the process', gateway.output());
  t.strictSame([...new Set(found)].slice(0, 60), []);
  t.strictSame(unforwarded(app.seen), [], 'upstreams get what clients have sent');
});

await t.test('threat: a credential is in no line, be it asked for by the configuration, and sent to a route that does not know it', async (t) => {
  const file = join(tempDir(t), 'access.log');
  const hidden = ['x-partner', 'x-pass', 'x-staff'];
  const { httpPort } = await startGateway(t, `
accessLog: { template: '$request $arg_p $arg_ticket $remote_user $auth ${hidden.map((name) => `$http_${name.replace('-', '_')}`).join(' ')}', to: { file: "${file}" }, mask: { headers: [x-staff] } }
routes:
  - { path: /key, respond: {}, apiKey: { keys: ["robot sha256:${createHash('sha256').update('hunter2').digest('hex')}"], header: X-Partner, query: p } }
  - { path: /jwt, respond: {}, jwt: { secret: "${SECRET}", requireExp: false, from: ["header:X-Pass", "query:ticket"], roles: [admin] } }
  - { path: /*, respond: {} }
`);
  const jwt = token({ sub: 'tom' }).slice('Bearer '.length);
  for (const target of ['/key?p=hunter2&a=1', '/key', '/jwt', '/other?p=hunter2&ticket=hunter2', '/%zz?p=hunter2']) {
    const client = await RawClient.connect({ port: httpPort });
    await client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nX-Partner: hunter2\r\nX-Pass: ${target === '/jwt' ? jwt : 'hunter2'}\r\nX-Staff: hunter2\r\nConnection: close\r\n\r\n`).readResponse();
    client.destroy();
  }
  const lines = await eventually(() => {
    const found = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return found.length === 5 && found;
  }, 20_000);
  t.notMatch(lines.join('\n'), 'hunter2');
  t.notMatch(lines.join('\n'), jwt);
  for (const line of lines) t.match(line, /\*\*\* \*\*\* \*\*\*$/);
  t.strictSame(lines.map((line) => / (robot apiKey|tom jwt) /.exec(line)?.[1]).filter((user) => user !== undefined), ['robot apiKey', 'tom jwt'], 'who it was is told, also of one who may not come in');
});

/** What an upstream should have got, and did not. */
function unforwarded(seen: readonly RecordedRequest[]): string[] {
  const byTarget = Map.groupBy(seen, ({ target }) => target);
  return VALUES.flatMap((value) => {
    const requests = byTarget.get(`/all/${segmentOf(value)}/end${queryOf(value)}`) ?? [];
    const headers = headersOf(value);
    const names = ['user-agent', 'referer', 'cookie', 'x-note', 'x-request-id'].filter((name) => headers[name] !== '');
    if (requests.length < 2) return [`${value}: ${requests.length} requests`];
    return requests.flatMap((request) => names.filter((name) => request.header(name) !== headers[name]).map((name) => `${value}: ${name} is ${request.header(name)}`));
  });
}

/** What stands around the first row of digits, or the word, that gives it away. */
function excerpt(text: string, leak: string): string {
  const part = leak.replaceAll(/^\W+/g, '').slice(0, 7);
  const at = text.toLowerCase().indexOf(part.toLowerCase());
  return at === -1 ? '(escaped, or without its signs)' : text.slice(Math.max(0, at - 100), at + 40).replaceAll('\n', ' ');
}
