import t from 'tap';
import { CheckRuns, type CheckResult } from '../../src/balance/check-runs.ts';
import { createH2Check } from '../../src/balance/h2-check.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { startH2Upstream } from '../helpers/h2-upstream.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { sampleUpstream } from './sample-upstream.ts';

/** @param health options of the check, as YAML. @param ca PEM, for an https target. */
async function run(target: string, health: string, ca: string | null = null): Promise<CheckResult> {
  const { config, members: [member] } = sampleUpstream(`protocol: h2, health: { ${health} }`, [target]);
  if (member === undefined || config.health === null) throw new Error('there is a member with checks');
  const check = createH2Check(member, { ...config.tls, ca }, config.health);
  return new Promise((resolve) => {
    new CheckRuns(systemClock, 1).add(check, 5000, resolve);
  });
}

await t.test('status and body are judged as over HTTP/1.1, and the connection is closed after it', async (t) => {
  const seen: unknown[] = [];
  const upstream = await startH2Upstream(t, (stream, headers) => {
    seen.push([headers[':authority'], headers['user-agent'], headers['x-key']]);
    stream.respond({ ':status': Number(headers[':path']?.slice(1)) });
    stream.end('all is well');
  });
  t.strictSame(await run(upstream.target, 'path: /200'), { isGood: true, text: '200 from /200' });
  t.strictSame(await run(upstream.target, 'path: /503, host: app.test, headers: { X-Key: k }'), { isGood: false, text: '503 from /503' });
  t.strictSame(await run(upstream.target, 'path: /200, body: "is well"'), { isGood: true, text: '200 from /200' });
  t.strictSame(await run(upstream.target, 'path: /200, body: "is bad"'), { isGood: false, text: '200 from /200, but its body does not match' });
  t.strictSame(seen.slice(0, 2), [[upstream.target, 'sluice-health', undefined], ['app.test', 'sluice-health', 'k']]);
  await eventually(() => upstream.sessions.length === 0);
});

await t.test('over TLS the certificate must be right', async (t) => {
  const ca = await makeCa();
  const upstream = await startH2Upstream(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true }), {}, await makePair(ca, ['127.0.0.1']));
  t.match(await run(upstream.target, 'path: /', ca.cert), { isGood: true });
  t.match(await run(upstream.target, 'path: /'), { isGood: false });
});

await t.test('who does not listen, or does not speak HTTP/2, is unhealthy', async (t) => {
  t.match(await run(`127.0.0.1:${await refusingPort()}`, 'path: /'), { isGood: false, text: 'connection refused' });
  const old = await startRawUpstream((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  t.teardown(async () => old.close());
  t.match(await run(old.target, 'path: /'), { isGood: false });
});
