import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { RawClient } from '../helpers/raw-client.ts';

async function start(t: Test): Promise<{ child: ChildProcess; port: number; exit: Promise<unknown[]> }> {
  const child = fork(fileURLToPath(new URL('../../src/demo/instance-main.ts', import.meta.url)), ['demo-1', '0'], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const [message] = (await once(child, 'message')) as [{ kind: string; port: number }];
  t.equal(message.kind, 'listening');
  return { child, port: message.port, exit };
}

await t.test('threat: no instance outlives its parent', async (t) => {
  const { child, exit } = await start(t);
  child.disconnect();
  t.strictSame(await exit, [0, null]);
});

await t.test('SIGTERM ends an instance within a second or so, even where a client hangs', async (t) => {
  const { child, port, exit } = await start(t);
  const client = await RawClient.connect({ port });
  client.write('GET /fail?how=hang HTTP/1.1\r\nHost: demo\r\n\r\n');
  const probe = await RawClient.connect({ port });
  probe.write('GET /health HTTP/1.1\r\nHost: demo\r\n\r\n');
  await probe.readResponse();
  child.kill('SIGTERM');
  t.strictSame(await exit, [0, null]);
  await client.closed;
});

await t.test('Ctrl-C is left to the parent; POST /stop ends the process', async (t) => {
  const { child, port, exit } = await start(t);
  child.kill('SIGINT');
  const response = await fetch(`http://127.0.0.1:${port}/stop`, { method: 'POST' });
  t.equal(response.status, 202);
  await response.arrayBuffer();
  t.strictSame(await exit, [0, null]);
});
