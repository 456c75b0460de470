import t from 'tap';
import type { ReloadResult } from '../../src/admin/services.ts';
import type { Config } from '../../src/config/config.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { AdminDesk } from '../../src/workers/admin-desk.ts';
import { SampleTraffic, sampleSnapshot } from '../admin/sample-traffic.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';
import { loadText } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const DONE: ReloadResult = { ok: true, generation: 1, ms: 5, guardMs: 0, warnings: [] };

function start(yaml: string, env: Readonly<Record<string, string>> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  let { config, root } = loadText(yaml, { env });
  const plane = {
    get config(): Config {
      return config;
    },
    status: () => sampleStatus,
    reload: async () => DONE,
    verdict: async () => ({ outcome: 'kept', reason: '' }) as const,
    setTarget: (...words: readonly string[]) => told.push(words.join(' ')) > 0,
  };
  const desk = new AdminDesk({
    clock,
    logger: { info: (message, fields) => told.push(`${message} ${JSON.stringify(fields)}`), setLevel: (level) => told.push(`own level ${level}`) },
    crew: { members: [], useLogLevel: (level) => told.push(`level of workers ${level}`), limitMemory: createLimitMemory(100, 0) },
    metrics: { answer: async (accept) => ({ contentType: accept, body: '' }), traffic: new SampleTraffic(sampleSnapshot(0)) },
    certificates: { status: () => [sampleCertificate], renew: async (host) => ({ outcome: 'unknown', reason: host }) },
    plane,
    isReady: () => true,
    root: () => root,
  });
  const load = (text: string): void => {
    ({ config, root } = loadText(text, { env }));
  };
  return { desk, told, load };
}

await t.test('what the control plane knows is handed on', async (t) => {
  const { desk, told } = start('routes: [{ respond: {} }]');
  t.equal(desk.status(), sampleStatus);
  t.equal(desk.ready(), true);
  t.strictSame(desk.certificates(), [sampleCertificate]);
  t.strictSame(await desk.renewCertificate('a.example'), { outcome: 'unknown', reason: 'a.example' });
  t.match(await desk.metrics('text/plain'), { contentType: 'text/plain' });
  t.equal(desk.setTarget('api', 'a:1', 'drain'), true);
  t.strictSame(told, ['api a:1 drain']);
  t.equal(await desk.reload(false), DONE);
  t.strictSame(await desk.requests.last({ route: null, status: null, code: null, slowMs: null, client: null }, 5), { requests: [], silentWorkers: [] });
  t.strictSame(await desk.limits.find('192.0.2.1'), []);
});

await t.test('a generation that is taken over is told with what it has changed, one that is refused with its reason', async (t) => {
  const { desk, load } = start('workers: 1\nroutes: [{ respond: {} }]');
  t.strictSame([...desk.configValues(true)], [], 'before the first there is none');
  desk.noteReload(DONE);
  t.match([...desk.configValues(false)].find(({ path }) => path === 'workers'), { value: 1 });
  t.notOk([...desk.configValues(false)].some((value) => 'read' in value), 'what was read stays here');
  desk.noteReload({ ok: false, reason: 'conflict', error: 'not now', diagnostics: [] });
  t.equal(desk.refusal(), 'not now');
  t.equal(desk.generations().length, 1);
  load('workers: 2\nroutes: [{ respond: {} }]');
  desk.noteReload({ ok: true, generation: 2, ms: 7, guardMs: 0, warnings: [] });
  t.equal(desk.refusal(), null);
  t.match(desk.generations(), [{ generation: 2, ms: 7, changes: [{ path: 'workers', before: 1, after: 2 }] }, { generation: 1 }]);
});

await t.test('routes are told in words, without what came from the environment and without secrets', async (t) => {
  const { desk } = start('upstreams: { api: a:1 }\nroutes: [{ name: a, host: "${HOST}", methods: [GET], upstream: api, rateLimit: 5/min }, { name: b, path: /b, redirect: "https://x.example/?token=${KEY}" }, { name: c, path: /c, redirect: "https://x.example/?token=hunter3" }]', { HOST: 'shop.example', KEY: 'hunter2' });
  const routes = desk.routes();
  t.match(routes, [
    { id: 'a', action: 'forward', upstream: 'api', matches: ['GET,HEAD ${HOST}/*'], does: '→ api', policies: ['headers', 'rateLimit'] },
    { id: 'b', action: 'redirect', upstream: null, does: /^→ 308 \$\{KEY\}$/ },
    { id: 'c', does: '→ 308 https://x.example/?token=***' },
  ]);
  t.notMatch(JSON.stringify(routes), /hunter/);
});

await t.test('the log level is set in all threads until the next reload, and the log says so', async (t) => {
  const { desk, told } = start('log: { level: warn }\nroutes: [{ respond: {} }]');
  t.equal(desk.logLevel(), 'warn');
  desk.setLogLevel('debug');
  t.equal(desk.logLevel(), 'debug');
  t.strictSame(told, ['the log level was set by the operator {"level":"debug"}', 'own level debug', 'level of workers debug']);
  desk.setLogLevel('debug');
  t.equal(told.length, 5, 'what is set already is not told again');
  desk.noteReload(DONE);
  t.equal(desk.logLevel(), 'warn');
});
