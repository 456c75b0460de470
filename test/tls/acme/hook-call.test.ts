import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/lib/clock.ts';
import { callCommand, callUrl } from '../../../src/tls/acme/hook-call.ts';
import { portOf } from '../../helpers/handshake.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { freePort } from '../../helpers/worker-plan.ts';

const CALL = { action: 'present', fqdn: '_acme-challenge.a.test', value: 'va;l$ue' } as const;

async function hookOf(t: Test, answer: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => answer(request, response, body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${portOf(server)}/hook?key=secret`;
}

await t.test('a command gets action, name and value after its own arguments, as they are, and nothing to read', async (t) => {
  const file = path.join(tempDir(t), 'seen');
  await callCommand(['sh', '-c', 'printf "%s|" "$@" >"$0"; cat >>"$0"', file, 'own arg'], CALL, 5000, systemClock);
  t.equal(readFileSync(file, 'utf8'), 'own arg|present|_acme-challenge.a.test|va;l$ue|');
});

await t.test('a command that fails says why, with the end of its standard error', async (t) => {
  await t.rejects(callCommand(['sh', '-c', 'echo "no such  zone" >&2; exit 3'], CALL, 5000, systemClock), { message: 'sh present ended with 3: no such zone' });
  const long = callCommand(['sh', '-c', 'head -c 100000 /dev/zero | tr "\\0" x >&2; echo end >&2; exit 1'], CALL, 5000, systemClock);
  await t.rejects(long, { message: /^sh present ended with 1: x{100,2000}end$/ });
  await t.rejects(callCommand(['/no/such/program'], CALL, 5000, systemClock), { message: /^\/no\/such\/program cannot be run: .*ENOENT/ });
});

await t.test('a command that takes too long is killed with all it has started', async (t) => {
  const clock = new ManualClock();
  const file = path.join(tempDir(t), 'pid');
  const call = callCommand(['sh', '-c', 'sleep 60 & echo $! >"$0"; wait', file], CALL, 120_000, clock);
  await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), 5000);
  clock.advance(120_000);
  await t.rejects(call, { message: 'sh present was killed after 120 s' });
  const pid = Number(readFileSync(file, 'utf8'));
  await eventually(() => !/^State:\s+[^ZX]/m.test(existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : ''), 5000);
  t.equal(clock.tickers, 0);
});

await t.test('a URL gets the call as JSON with its headers', async (t) => {
  let seen: unknown;
  const url = await hookOf(t, (request, response, body) => {
    seen = { method: request.method, token: request.headers['x-token'], type: request.headers['content-type'], body: JSON.parse(body) as unknown };
    response.writeHead(204).end();
  });
  await callUrl(url, [['X-Token', 'abc']], CALL, 5000);
  t.strictSame(seen, { method: 'POST', token: 'abc', type: 'application/json', body: CALL });
});

await t.test('a status other than 2xx is an error in the hook\'s words, without secrets of the URL', async (t) => {
  const url = await hookOf(t, (_request, response) => response.writeHead(403).end(`no such zone ${'x'.repeat(9000)}`));
  const error = await callUrl(url, [], CALL, 5000).catch((reason: unknown) => reason as Error);
  t.match(error?.message, /^the DNS hook at http:\/\/127\.0\.0\.1:\d+ answered 403: no such zone x+$/);
  t.ok(error !== undefined && error.message.length < 2200);
  const moved = await hookOf(t, (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await t.rejects(callUrl(moved, [], CALL, 5000), { message: /answered 302/ });
});

await t.test('a URL nobody answers at is an error with the reason', async (t) => {
  await t.rejects(callUrl(`http://127.0.0.1:${await freePort()}/`, [], CALL, 5000), { message: /ECONNREFUSED/ });
  const silent = await hookOf(t, () => undefined);
  await t.rejects(callUrl(silent, [], CALL, 50), { message: /no answer within 0\.05 s/ });
});
