import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { AdminStatus } from '../../src/admin/services.ts';
import { sluice, startSluice } from '../helpers/sluice-process.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

await t.test('three instances answer in turn over HTTPS; one that is stopped takes no request with it', async (t) => {
  const ports = [await freePort(), await freePort(), await freePort()];
  const targets = ports.map((port) => `"127.0.0.1:${port}"`).join(', ');
  const process = await startSluice(t, `log: { level: info }\nupstreams: { demo: [${targets}] }\nroutes: [{ host: localhost, upstream: demo }]`, { https: true, command: 'demo' });
  const ca = readFileSync(join(process.dir, 'certs', 'ca.crt'), 'utf8');
  t.match(process.output(), `Open https://localhost:${process.httpsPort}/ in a browser`);
  t.match(process.output(), `curl --cacert ${join(process.dir, 'certs', 'ca.crt')} https://localhost:${process.httpsPort}/api/info`);

  const session = await connectH2(t, process.httpsPort, ca);
  const who = async (): Promise<string> => {
    const { status, headers } = await requestH2(session, { ':path': '/api/info' });
    return `${status} ${String(headers['x-demo-instance'])}`;
  };
  const first = [await who(), await who(), await who(), await who(), await who(), await who()];
  t.strictSame(first.slice(0, 3).toSorted(), ['200 demo-1', '200 demo-2', '200 demo-3']);
  t.strictSame(first.slice(3), first.slice(0, 3));

  const { status, headers: { 'x-demo-instance': stopped } } = await requestH2(session, { ':path': '/stop', ':method': 'POST' });
  t.equal(status, 202);
  const after: string[] = [];
  for (let i = 0; i < 100; i++) after.push(await who());
  await eventually(() => process.output().includes(`${String(stopped)} has stopped; it starts again in 15 s`), 5000);
  for (let i = 0; i < 100; i++) after.push(await who());
  t.strictSame(after.filter((answer) => !answer.startsWith('200')), []);
  t.notOk(after.slice(-90).includes(`200 ${String(stopped)}`));

  session.close();
  process.child.kill('SIGTERM');
  t.equal(await process.ended(), 0);
  for (const port of ports) await t.rejects(RawClient.connect({ port }), { code: 'ECONNREFUSED' }, 'no instance is left');
});

await t.test('what is in the way of the demo is said, and no instance is left', async (t) => {
  const dir = tempDir(t);
  const file = join(dir, 'gateway.yaml');
  const outcome = async (yaml: string): ReturnType<typeof sluice> => {
    writeFileSync(file, `accessLog: off\nlog: { level: error }\n${yaml}`);
    return sluice(['demo', '-c', file]);
  };
  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  const free = await freePort();
  const listen = `listen: { http: "127.0.0.1:${free}", admin: off }`;

  t.match(await outcome(`${listen}\nroutes: [{ respond: {} }]`), { code: 2, err: /has no upstream `demo`/ });
  t.match(await outcome('listen: {}'), { code: 2 });
  const other = await freePort();
  const demo = (target: string): string => `upstreams: { demo: ["127.0.0.1:${other}", "${target}"] }\nroutes: [{ upstream: demo }]`;
  t.match(await outcome(`${listen}\n${demo(squatter.target)}`), { code: 1, err: `sluice: demo-2 cannot start: port ${squatter.port} is in use\n` });
  const third = await freePort();
  t.match(await outcome(`listen: { http: "${squatter.target}", admin: off }\n${demo(`127.0.0.1:${third}`)}`), { code: 1, err: /is in use by another program\n$/ });
  for (const port of [other, third]) await t.rejects(RawClient.connect({ port }), { code: 'ECONNREFUSED' });
});

await t.test('an interrupt of the terminal, which every process hears, ends it in order', async (t) => {
  const port = await freePort();
  const process = await startSluice(t, `listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }\nupstreams: { demo: "127.0.0.1:${port}" }\nroutes: [{ upstream: demo }]`, { command: 'demo' });
  t.match(process.output(), `Open http://localhost:${process.httpPort}/ in a browser`);
  const client = await RawClient.connect({ port: process.httpPort });
  client.write('GET /slow?ms=300 HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(async () => {
    const { targets } = await (await fetch(`http://127.0.0.1:${process.adminPort}/health`)).json() as AdminStatus;
    return targets[0]?.inFlight === 1;
  });
  process.child.kill('SIGINT');
  t.equal((await client.readResponse()).status, 200);
  t.equal(await process.ended(), 0);
  await client.closed;
});
