import { request as sendRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { methodsByPath, OPERATIONS } from '../../src/admin/operations.ts';
import { startGateway } from '../helpers/gateway.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

/** What is published, by which answers are judged. */
const DESCRIPTION = JSON.parse(readFileSync(new URL('../../config/admin-api.json', import.meta.url), 'utf8')) as { readonly paths: Readonly<Record<string, unknown>> };
const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });
ajv.addSchema(DESCRIPTION, 'api');

interface Question {
  readonly method?: 'GET' | 'POST';
  /** Of the description. */
  readonly path: string;
  /** What is asked for, where that is something else. */
  readonly url?: string;
  readonly content?: object;
  readonly status?: number;
}

class Inquiry {
  readonly faults: string[] = [];
  readonly asked = new Set<string>();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Asks, and judges the answer by the description. */
  async ask({ method = 'GET', path, url = path, content, status = 200 }: Question): Promise<unknown> {
    const what = `${method} ${path} ${status}`;
    this.asked.add(what);
    const response = await send(this.#port, method, url, content);
    const type = (response.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    if (response.statusCode !== status) this.faults.push(`${what}: the answer is ${response.statusCode}`);
    const place = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type];
    let described: unknown = DESCRIPTION;
    for (const step of place) described = typeof described === 'object' && described !== null ? Reflect.get(described, step) : undefined;
    if (described === undefined) this.faults.push(`${what}: nothing is said of ${type}`);
    const text = await textOf(response, type === 'text/event-stream');
    if (typeof described !== 'object' || described === null || !('schema' in described)) return text;
    const answer: unknown = JSON.parse(type === 'text/event-stream' ? (/^data: (.*)$/m.exec(text)?.[1] ?? '') : text);
    const isValid = ajv.compile({ $ref: `api#/${[...place, 'schema'].map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}` });
    if (!isValid(answer)) this.faults.push(`${what}: ${ajv.errorsText(isValid.errors)} in ${text.slice(0, 500)}`);
    return answer;
  }
}

async function send(port: number, method: string, path: string, content?: object): Promise<IncomingMessage> {
  const headers = { 'x-sluice-admin': '1', ...(content !== undefined && { 'content-type': 'application/json' }) };
  const request = sendRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }).end(content === undefined ? '' : JSON.stringify(content));
  const [response] = await once(request, 'response') as [IncomingMessage];
  return response;
}

/** All of it, of a stream what comes until the end of the first event. */
async function textOf(response: IncomingMessage, isStream: boolean): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (isStream && /^data: .*\n\n/m.test(text)) break;
  }
  return text;
}

async function startReal(t: Test): Promise<{ readonly inquiry: Inquiry; readonly target: string; readonly visit: (path: string) => Promise<void>; readonly write: (yaml: string) => void }> {
  const app = await startHttpUpstream(echoRequest);
  t.teardown(async () => app.close());
  const admin = await freePort();
  const gateway = await startGateway(t, `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: ${admin} }
upstreams: { app: { targets: ["${app.target}"], health: { path: /, every: 1s } } }
routes:
  - { host: localhost, path: /app/*, upstream: app, rateLimit: 100/min }
  - { host: localhost, path: /gone, redirect: https://example.com }
  - { host: localhost, path: /hello, respond: { body: hello } }
  - { path: /up, health: readiness }`);
  return {
    inquiry: new Inquiry(admin), target: app.target, write: (text) => gateway.write(text),
    visit: async (path) => {
      const request = sendRequest({ host: '127.0.0.1', port: gateway.httpPort, path, agent: false, headers: { host: `localhost:${gateway.httpPort}` } }).end();
      const [response] = await once(request, 'response') as [IncomingMessage];
      await textOf(response, false);
    },
  };
}

/** Of every operation that a gateway which is well answers with 200, and what it says to what is wrong. */
async function askReal(t: Test): Promise<Inquiry> {
  const { inquiry, target, visit, write } = await startReal(t);
  for (const path of ['/app/1?token=x', '/hello', '/nothing', '/gone']) await visit(path);
  const page = String(await inquiry.ask({ path: '/' }));
  await inquiry.ask({ path: '/page/{folder}/{file}', url: /(?:src)="(\/[^"]+)"/.exec(page)?.[1] ?? '' });
  await inquiry.ask({ path: '/page/{folder}/{file}', url: '/page/a/b', status: 404 });
  for (const path of ['/status/stream', '/health', '/liveness', '/readiness', '/routes', '/upstreams', '/certificates', '/metrics', '/openapi.json', '/log/level', '/config']) await inquiry.ask({ path });
  const last = await inquiry.ask({ path: '/requests' }) as { readonly requests: readonly unknown[] };
  t.equal(last.requests.length, 4);
  t.match(await inquiry.ask({ path: '/requests', url: '/requests?status=4xx&count=5&slow=0&client=127.0.0.1' }), { silentWorkers: [] });
  let isTold = false;
  const following = inquiry.ask({ path: '/requests/stream' }).finally(() => { isTold = true; });
  await eventually(async () => {
    await visit('/hello');
    return isTold;
  });
  await following;
  for (const mode of ['drain', 'down', 'up']) {
    const path = `/targets/${mode}`;
    t.match(await inquiry.ask({ method: 'POST', path, content: { upstream: 'app', target } }), { targets: [{ key: target }] });
    await inquiry.ask({ method: 'POST', path, content: { upstream: 'app', target: 'nobody:1' }, status: 404 });
    await inquiry.ask({ method: 'POST', path, content: { upstrem: 'app' }, status: 422 });
  }
  t.match(await inquiry.ask({ method: 'POST', path: '/log/level', content: { level: 'warn' } }), { level: 'warn' });
  await inquiry.ask({ method: 'POST', path: '/log/level', content: { level: 'loud' }, status: 422 });
  await inquiry.ask({ method: 'POST', path: '/config/compare', content: { salt: 'a'.repeat(32), values: [{ path: 'workers', digest: '0'.repeat(64) }] } });
  await inquiry.ask({ method: 'POST', path: '/config/compare', content: {}, status: 422 });
  await inquiry.ask({ path: '/limits', url: '/limits?key=127.0.0.1' });
  await inquiry.ask({ method: 'POST', path: '/limits/clear', content: { key: '127.0.0.1' } });
  await inquiry.ask({ method: 'POST', path: '/limits/clear', content: {}, status: 422 });
  for (const [path, url] of [['/limits', '/limits'], ['/config', '/config?defaults=maybe'], ['/requests', '/requests?status=9'], ['/requests/stream', '/requests/stream?slow=0s']] as const) await inquiry.ask({ path, url, status: 422 });
  await inquiry.ask({ method: 'POST', path: '/certificates/renew', content: { host: 'other.example.com' }, status: 404 });
  await inquiry.ask({ method: 'POST', path: '/certificates/renew', content: {}, status: 422 });
  write('routes: [{ respond: { status: 700 } }]');
  await inquiry.ask({ method: 'POST', path: '/reload', status: 422 });
  write('workers: 3\nroutes: [{ respond: {} }]');
  await inquiry.ask({ method: 'POST', path: '/reload', status: 409 });
  t.match(await inquiry.ask({ path: '/generations' }), { refusal: /workers/ });
  return inquiry;
}

/** What a gateway that is well does not say. */
async function askSample(t: Test): Promise<Inquiry> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(async () => server.close());
  const inquiry = new Inquiry(server.address.port);
  services.isReady = false;
  await inquiry.ask({ path: '/readiness', status: 503 });
  await inquiry.ask({ method: 'POST', path: '/reload' });
  const renewals = { renewed: 200, running: 202, failed: 502 };
  for (const [outcome, status] of Object.entries(renewals)) {
    services.renewal = { outcome, names: ['a'], notAfter: '2026-04-01T00:00:00.000Z', reason: 'no' } as SampleServices['renewal'];
    await inquiry.ask({ method: 'POST', path: '/certificates/renew', content: { host: 'a' }, status });
  }
  services.limits.isReachable = false;
  await inquiry.ask({ path: '/limits', url: '/limits?key=a', status: 503 });
  await inquiry.ask({ method: 'POST', path: '/limits/clear', content: { key: 'a' }, status: 503 });
  for (const path of ['/status/stream', '/requests/stream']) {
    const streams = await Promise.all(Array.from({ length: 16 }, async () => send(server.address.port, 'GET', path)));
    await inquiry.ask({ path, status: 503 });
    for (const stream of streams) stream.destroy();
  }
  return inquiry;
}

await t.test('every answer of every operation is as it is described, and holds nothing that is not', async (t) => {
  const inquiries = [await askReal(t), await askSample(t)];
  t.strictSame(inquiries.flatMap(({ faults }) => faults), []);
  const described = OPERATIONS.flatMap(({ method, path, answers }) => Object.keys(answers).map((status) => `${method} ${path} ${status}`));
  const asked = new Set(inquiries.flatMap((inquiry) => [...inquiry.asked]));
  t.strictSame(described.filter((answer) => !asked.has(answer)), [], 'each was asked for');
});

await t.test('methods are those of Allow; the head of a stream is not to be had', async (t) => {
  const methods = methodsByPath(OPERATIONS);
  t.equal(methods.get('/health'), 'GET, HEAD');
  t.equal(methods.get('/log/level'), 'GET, HEAD, POST');
  t.equal(methods.get('/requests/stream'), 'GET');
  t.equal(methods.get('/reload'), 'POST');
});
