import t from 'tap';
import { CheckRuns, type CheckResult } from '../../src/balance/check-runs.ts';
import { createHttpCheck } from '../../src/balance/http-check.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { answerWith, startHttpUpstream, startRawUpstream, type HttpHandler, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { sampleUpstream } from './sample-upstream.ts';

type Teardown = Pick<typeof t, 'teardown'>;

async function serve(t: Teardown, handler: HttpHandler): Promise<TestUpstream> {
  const upstream = await startHttpUpstream(handler);
  t.teardown(async () => upstream.close());
  return upstream;
}

/** @param health options of the check, as YAML. @param ca PEM, for an https target. */
async function run(target: string, health: string, ca: string | null = null): Promise<CheckResult> {
  const { config, members } = sampleUpstream(`health: { ${health} }`, [target]);
  const [member] = members;
  if (member === undefined || config.health === null) throw new Error('there is a member with checks');
  const check = createHttpCheck(member, { ...config.tls, ca }, config.health);
  return new Promise((resolve) => {
    new CheckRuns(systemClock, 1).add(check, 5000, resolve);
  });
}

await t.test('a status in one of the ranges is good, a redirect too and not followed', async (t) => {
  const upstream = await serve(t, ({ url }, response) => void response.writeHead(Number(url?.slice(1)), { location: '/500' }).end());
  for (const [status, isGood] of [[200, true], [302, true], [399, true], [400, false], [503, false]] as const) {
    t.strictSame(await run(upstream.target, `path: /${status}`), { isGood, text: `${status} from /${status}` });
  }
  t.strictSame(await run(upstream.target, 'path: /404, status: 404'), { isGood: true, text: '404 from /404' });
  t.equal(upstream.requests, 6);
  await eventually(() => upstream.open === 0);
});

await t.test('it asks as a request to the target would, with what is configured in place of that', async (t) => {
  const seen: Record<string, unknown>[] = [];
  const upstream = await serve(t, ({ method, headers }, response) => {
    seen.push({ method, ...headers });
    response.end();
  });
  await run(upstream.target, 'path: /');
  await run(upstream.target, 'path: /, host: app.example.com, headers: { User-Agent: probe, X-Key: k }');
  t.match(seen, [
    { method: 'GET', host: upstream.target, 'user-agent': 'sluice-health', 'accept-encoding': 'identity', connection: 'close' },
    { host: 'app.example.com', 'user-agent': 'probe', 'x-key': 'k' },
  ]);
});

await t.test('another port may answer for the member', async (t) => {
  const upstream = await serve(t, (_request, response) => void response.end());
  t.match(await run('127.0.0.1:1', `path: /, port: ${upstream.port}`), { isGood: true });
});

await t.test('the body must match where that is asked for, in its first 64 KiB', async (t) => {
  const upstream = await serve(t, ({ url }, response) => {
    if (url === '/late') response.write('x'.repeat(70_000));
    response.write('{"status":');
    response.end('"ok"}');
  });
  const body = 'body: \'"status":"(ok|fine)"\'';
  t.strictSame(await run(upstream.target, `path: /, ${body}`), { isGood: true, text: '200 from /' });
  t.strictSame(await run(upstream.target, 'path: /, body: up'), { isGood: false, text: '200 from /, but its body does not match' });
  t.match(await run(upstream.target, `path: /late, ${body}`), { isGood: false });
});

await t.test('an endless body is judged by its beginning, and the connection is closed', async (t) => {
  const upstream = await serve(t, (_request, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write('hello '.repeat(1000)));
    };
    response.on('drain', write);
    write();
  });
  t.match(await run(upstream.target, 'path: /, body: hello'), { isGood: true });
  await eventually(() => upstream.open === 0);
});

await t.test('what is refused, cut or not HTTP is bad and says so', async (t) => {
  t.strictSame(await run(`127.0.0.1:${await refusingPort()}`, 'path: /'), { isGood: false, text: 'connection refused' });
  for (const [bytes, options, text] of [
    ['SSH-2.0-OpenSSH\r\n\r\n', 'path: /', /./],
    ['', 'path: /', /socket hang up|reset/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal', 'path: /, body: half', /200 from \/, but then .*/],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'path: /', /101 from \//],
  ] as const) {
    const upstream = await startRawUpstream(answerWith(bytes, { end: true }));
    t.teardown(async () => upstream.close());
    t.match(await run(upstream.target, options), { isGood: false, text }, JSON.stringify(bytes));
  }
});

await t.test('an https target is asked over TLS and must have the right certificate', async (t) => {
  const ca = await makeCa();
  const upstream = await startHttpUpstream((_request, response) => void response.end(), { tls: await makePair(ca, ['127.0.0.1']) });
  t.teardown(async () => upstream.close());
  t.strictSame(await run(`https://${upstream.target}`, 'path: /up', ca.cert), { isGood: true, text: '200 from /up' });
  t.match(await run(`https://${upstream.target}`, 'path: /up'), { isGood: false, text: /certificate|issuer/ });
});
