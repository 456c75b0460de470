import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Sluice as a service manager starts it at the first connection, with sockets that listen already. */
async function activate(t: Test, program: string, sockets: readonly string[], yaml: string): Promise<{ readonly output: () => string }> {
  const file = path.join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, yaml);
  const child = spawn(program, [...sockets.flatMap((socket) => ['-l', socket]), process.execPath, MAIN, 'run', '-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await eventually(() => text.split('Listening on').length > sockets.length, 20_000);
  return { output: () => text };
}

await t.test('with socket activation the first request waits in the socket until the gateway is up, and is answered', async (t) => {
  const program = requireService(t, 'systemd-socket-activate');
  if (program === null) return;
  const [http, admin, stray] = [await freePort(), await freePort(), await freePort()];
  const sockets = [http, admin, stray].map((port) => `127.0.0.1:${port}`);
  const { output } = await activate(t, program, sockets, `
listen: { http: "127.0.0.1:${http}", admin: "127.0.0.1:${admin}" }
workers: 2
accessLog: off
routes: [{ respond: { body: well } }]
`);
  const answer = await fetch(`http://127.0.0.1:${http}/`);
  t.equal(await answer.text(), 'well');
  await eventually(async () => (await fetch(`http://127.0.0.1:${admin}/readiness`)).status === 200, 20_000);
  // Bound without SO_REUSEPORT, so the second worker cannot open the port, and its requests are the first one's.
  await eventually(() => /"worker":2,"why":"http port 127\.0\.0\.1:\d+ is in use by another program"/.test(output()), 20_000);
  t.match(output(), `"address":"127.0.0.1:${stray}","message":"a socket was handed down that no listener of the configuration names; it is closed"`);
  await t.rejects(fetch(`http://127.0.0.1:${stray}/`));
  for (let i = 0; i < 20; i += 1) t.equal((await fetch(`http://127.0.0.1:${http}/`)).status, 200);
});
