import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';

await t.test('it says what runs, answers, and ends with 0 at SIGTERM and at SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const process = await startSluice(t, 'drainTimeout: 20s\nlog: { level: info }\nroutes: [{ respond: { body: well } }]');
    const client = await RawClient.connect({ port: process.httpPort });
    t.equal((await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'well');
    const startMs = performance.now();
    process.child.kill(signal);
    t.equal(await process.ended(), 0);
    t.ok(performance.now() - startMs < 10_000, 'nothing was in work, so it does not wait');
    await client.closed;
    t.match(process.output(), /Sluice is up: .*gateway\.yaml\n {2}http {6}127\.0\.0\.1:\d+\n {2}routes {4}\*\/\* → answers 200\n/);
    t.match(process.output(), /shutting down: requests in flight finish[^]*"message":"stopped"/);
    t.match(process.accessLog(), [{ path: '/', status: 200 }]);
  }
});

await t.test('SIGHUP reloads; what is wrong with the new file is in the log, and the old one stays', async (t) => {
  const process = await startSluice(t, 'log: { level: info }\nroutes: [{ respond: { body: first } }]');
  const client = await RawClient.connect({ port: process.httpPort });
  const said = async (): Promise<string> => (await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text;
  t.equal(await said(), 'first');
  process.write('log: { level: info }\nroutes: [{ respond: { body: second } }]');
  process.child.kill('SIGHUP');
  await eventually(() => process.output().includes('"message":"configuration reloaded"'), 5000);
  t.equal(await said(), 'second');
  process.write('routes: [{ respnd: {} }]');
  process.child.kill('SIGHUP');
  await eventually(() => /reload refused, the old configuration stays/.test(process.output()) && process.output().includes('respnd'), 5000);
  process.write('workers: 2\nroutes: [{ respond: {} }]');
  process.child.kill('SIGHUP');
  await eventually(() => process.output().includes('workers: 1 → 2 needs a restart'), 5000);
  t.equal(await said(), 'second');
  client.destroy();
});

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

await t.test('SIGUSR1 opens log files again, as nginx does it for logrotate', async (t) => {
  const process = await startSluice(t, 'accessLog: { fields: [path], to: { file: ./access.log, rotate: off } }\nworkers: 2\nroutes: [{ respond: { body: well } }]');
  const file = path.join(process.dir, 'access.log');
  const ask = async (target: string): Promise<void> => {
    const client = await RawClient.connect({ port: process.httpPort });
    await client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse();
    client.destroy();
  };
  await ask('/1');
  await eventually(() => read(file) === '{"path":"/1"}\n');
  renameSync(file, `${file}.1`);
  await ask('/2');
  await eventually(() => read(`${file}.1`) === '{"path":"/1"}\n{"path":"/2"}\n');
  process.child.kill('SIGUSR1');
  await eventually(() => existsSync(file));
  await eventually(async () => {
    await ask('/3');
    return read(file).includes('/3');
  });
  t.notMatch(process.output(), /Debugger/);
});
