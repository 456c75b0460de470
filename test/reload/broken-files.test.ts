import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { startGateway } from '../helpers/gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { echoRequest, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** `»` marks the line that the error is to name; without one the error has a place of its own, or none. */
interface Broken {
  readonly fault: string;
  /** Lines below `routes`, whose items are indented by two. */
  readonly route?: string;
  /** Lines of the top level. */
  readonly more?: string;
  /** The whole file. */
  readonly whole?: string | Buffer | null;
  readonly says: RegExp;
}

const ca = await makeCa();
const [one, two] = [await makePair(ca, ['one.test']), await makePair(ca, ['two.test'])];
const squatter = await startRawUpstream((socket) => socket.destroy());
t.teardown(async () => squatter.close());

const CASES: readonly Broken[] = [
  { fault: 'no file', whole: null, says: /there is no such file/ },
  { fault: 'an empty file', whole: '', says: /the file is empty/ },
  { fault: 'only a comment', whole: '# later\n', says: /the file is empty/ },
  { fault: 'half a file', whole: 'listen: { http: 80, ht', says: /gateway\.yaml:1:/ },
  { fault: 'not UTF-8', whole: Buffer.from([0x61, 0x3a, 0x20, 0xfc]), says: /not UTF-8/ },
  { fault: 'too large', whole: Buffer.alloc(4 * 1024 * 1024 + 1, 0x23), says: /larger than 4 MB/ },
  { fault: 'two documents', whole: 'listen: { http: 80 }\n---\nroutes: []\n', says: /more than one YAML document/ },
  { fault: 'a list', whole: '- listen\n- routes\n', says: /gateway\.yaml:1:1/ },
  { fault: 'JSON cut off', whole: '{"listen": {"http": 80}, "routes": [', says: /gateway\.yaml:1:/ },
  { fault: 'no listen', whole: 'routes: [{ respond: {} }]\n', says: /listen/ },
  { fault: 'no routes', whole: 'listen: { http: 80 }\n', says: /routes/ },
  { fault: 'a tab', more: '»\tlog: { level: info }', says: /indented with spaces/ },
  { fault: 'an unknown key', more: '»nonsense: 1', says: /nonsense/ },
  { fault: 'a misspelt key', more: '»trustedProxy: []', says: /trustedProxies/ },
  { fault: 'a key given twice', more: 'drainTimeout: 2s\n»drainTimeout: 3s', says: /given twice/ },
  { fault: 'a tag', more: '»drainTimeout: !secret 2s', says: /tag/ },
  { fault: 'an alias of nothing', more: '»drainTimeout: *time', says: /anchor/ },
  { fault: 'a merge key', more: 'recentRequests: 1\ndefaults:\n»  <<: { https: both }', says: /merge keys/ },
  { fault: 'a map that is not closed', more: 'metrics: { routes: 1', says: /end with a }/ },
  { fault: 'a quote that is not closed', more: '»recentRequests: "1', says: /gateway\.yaml:/ },
  { fault: 'a variable that is not set', more: '»drainTimeout: ${SLUICE_TEST_NOT_SET}', says: /no variable SLUICE_TEST_NOT_SET/ },
  { fault: 'no variable', more: '»drainTimeout: "${1x}"', says: /not a variable/ },
  { fault: 'a secret file that is missing', route: '»  - { path: /x, respond: { body: "file:./missing" } }', says: /there is no such file/ },
  { fault: 'a number as text', more: '»recentRequests: many', says: /recentRequests/ },
  { fault: 'a number too large', more: '»recentRequests: 100001', says: /100000/ },
  { fault: 'no duration', more: '»drainTimeout: 9 bananas', says: /duration/ },
  { fault: 'no level', more: '»log: { level: loud }', says: /one of error, warn, info/ },
  { fault: 'no CIDR block', more: '»trustedProxies: [10.0.0.0/33]', says: /10\.0\.0\.0\/33/ },
  { fault: 'a proxy that is a name', more: '»trustedProxies: [proxy.internal]', says: /proxy\.internal/ },
  { fault: 'no reload time', more: '»reload: { guard: 1s }', says: /5s/ },
  { fault: 'a route of two actions', route: '»  - { path: /x, respond: {}, upstream: app }', says: /only one of/ },
  { fault: 'a route of no action', route: '»  - { path: /x }', says: /gateway\.yaml:/ },
  { fault: 'an upstream that is not there', route: '»  - { path: /x, upstream: nobody }', says: /nobody/ },
  { fault: 'a path without a slash', route: '»  - { path: x, respond: {} }', says: /path/ },
  { fault: 'no host', route: '»  - { host: "a b", respond: {} }', says: /host/ },
  { fault: 'the same route again', route: '  - { path: /x, respond: {} }\n»  - { path: /x, respond: {} }', says: /the other route is in/i },
  { fault: 'the same name again', route: '  - { name: r, path: /x, respond: {} }\n»  - { name: r, path: /y, respond: {} }', says: /gateway\.yaml:/ },
  { fault: 'no method', route: '»  - { path: /x, methods: ["GE T"], respond: {} }', says: /GE T|method/ },
  { fault: 'no status', route: '»  - { path: /x, respond: { status: 99 } }', says: /status/ },
  { fault: 'no redirect', route: '»  - { path: /x, redirect: { to: "nowhere" } }', says: /redirect/ },
  { fault: 'no rate', route: '»  - { path: /x, respond: {}, rateLimit: { limits: [10/fortnight] } }', says: /fortnight/ },
  { fault: 'an unknown set of policies', route: '»  - { path: /x, respond: {}, use: nobody }', says: /nobody/ },
  { fault: 'a weak secret', route: '»  - { path: /x, respond: {}, jwt: { secret: short } }', says: /secret/ },
  { fault: 'keys that are none', route: '»  - { path: /x, respond: {}, apiKey: { file: ./bad-keys.txt } }', says: /line 1 of the file/ },
  { fault: 'an expression that is none', route: '»  - { path: /x, upstream: app, rewrite: { replace: { pattern: "(", with: "" } } }', says: /gateway\.yaml:/ },
  { fault: 'a page that is missing', route: '»  - { path: /x, respond: { file: ./missing.html } }', says: /there is no such file/ },
  { fault: 'a folder as a page', route: '»  - { path: /x, respond: { file: ./folder.html } }', says: /it is a directory/ },
  { fault: 'a header that is none', route: '»  - { path: /x, respond: { headers: { "a b": c } } }', says: /a b|header/ },
  { fault: 'another number of threads', more: 'workers: 2', says: /needs a restart/ },
  { fault: 'another number of counted clients', more: 'rateLimits: { keys: 2048 }', says: /needs a restart/ },
  { fault: 'a certificate with the key of another', more: 'tls: { certificates: [{ cert: ./one.pem, key: ./two.key }] }', says: /does not belong to the key/ },
  { fault: 'a port in use', whole: `listen: { http: ["127.0.0.1:HTTP", "${squatter.target}"], admin: off }\nreload: { watch: true }\nroutes: [{ respond: {} }]`, says: /in use by another program/ },
];

/** A file of which only the given lines are wrong, and the number of the line that is marked; 0: none is. */
function textOf({ route = '', more = '', whole }: Broken, port: number, target: string): { readonly text: string | Buffer | null; readonly line: number } {
  if (whole !== undefined) return { text: typeof whole === 'string' ? whole.replace('HTTP', String(port)) : whole, line: 0 };
  const https = more.startsWith('tls:') ? ', https: "127.0.0.1:0"' : '';
  const base = [`listen: { http: "127.0.0.1:${port}"${https}, admin: off }`, 'accessLog: off', ...(more.includes('reload:') ? [] : ['reload: { watch: true }'])];
  const marked = [...base, more, 'upstreams:', `  app: "${target}"`, 'routes:', '  - { upstream: app }', route].join('\n');
  return { text: marked.replaceAll('»', ''), line: marked.split('\n').findIndex((each) => each.startsWith('»')) + 1 };
}

interface Tally {
  asked: number;
  readonly faults: string[];
}

/** One connection that outlives every refusal. */
async function keepAsking(port: number, tally: Tally, signal: AbortSignal): Promise<void> {
  const client = await RawClient.connect({ port });
  while (!signal.aborted) {
    const { status } = await client.write('GET /load HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
    tally.asked += 1;
    if (status !== 200) tally.faults.push(String(status));
  }
  client.destroy();
}

await t.test('fifty broken files, offered by a change of the file: each is refused in a line of the log, and nothing else changes', async (t) => {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const clock = new ManualClock(Date.now());
  const good = { fault: 'none', says: /./ };
  const gateway = await startGateway(t, `reload: { watch: true }\nupstreams: { app: "${upstream.target}" }\nroutes: [{ upstream: app }]`, { clock });
  const { plane, httpPort: port, messages } = gateway;
  const { file } = plane.config;
  const dir = path.dirname(file);
  writeFileSync(path.join(dir, 'bad-keys.txt'), 'this is no key\n');
  mkdirSync(path.join(dir, 'folder.html'));
  for (const [name, text] of [['one.pem', one.cert], ['two.key', two.key]] as const) writeFileSync(path.join(dir, name), text, { mode: 0o600 });
  const refusals = (): string[] => messages.filter((message) => message.startsWith('reload refused'));
  const pass = async (until: () => boolean): Promise<void> => {
    await eventually(() => {
      clock.advance(50);
      return until();
    }, 20_000);
  };
  const stop = new AbortController();
  const tally: Tally = { asked: 0, faults: [] };
  const load = [keepAsking(port, tally, stop.signal), keepAsking(port, tally, stop.signal)];
  const before = plane.status();
  const wrong: string[] = [];
  for (const [index, broken] of CASES.entries()) {
    const { text, line } = textOf(broken, port, upstream.target);
    if (text === null) rmSync(file);
    else writeFileSync(file, text);
    await pass(() => refusals().length > index);
    const said = refusals()[index] ?? '';
    if (!broken.says.test(said)) wrong.push(`${broken.fault}: ${said}`);
    if (line > 0 && !said.includes(`gateway.yaml:${line}:`)) wrong.push(`${broken.fault}: not line ${line}: ${said}`);
    if (refusals().length !== index + 1 || plane.status().generation !== 1) wrong.push(`${broken.fault}: ${refusals().length} refusals, generation ${plane.status().generation}`);
  }
  t.ok(CASES.length >= 50, `${CASES.length} faults`);
  t.strictSame(wrong, []);
  t.strictSame({ ...plane.status(), uptimeSeconds: 0, targets: [] }, { ...before, uptimeSeconds: 0, targets: [] });
  writeFileSync(file, textOf(good, port, upstream.target).text ?? '');
  await pass(() => plane.status().generation === 2);
  stop.abort();
  await Promise.all(load);
  t.strictSame(tally.faults, []);
  t.ok(tally.asked > CASES.length);
  t.equal(upstream.connections, 2, 'its connections were kept too');
});
