import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import { startDemo } from '../../src/demo/demo.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';

/** A process takes a moment to start where two cores are shared. */
const START_TIMEOUT_MS = 8000;

await t.test('each instance is a process; one that stops comes back on its port, and says so', async (t) => {
  const logger = new MemoryLogger();
  const clock = new ManualClock();
  const demo = await startDemo({ ports: [0, 0], logger, clock });
  t.teardown(() => demo.stop());
  const [first, second] = demo.instances;
  t.match([first?.name, second?.name], ['demo-1', 'demo-2']);
  t.not(first?.pid, second?.pid);
  t.equal(logger.entries.filter(({ message }) => message.endsWith('runs')).length, 2);

  await (await fetch(`${first?.url}/stop`, { method: 'POST' })).arrayBuffer();
  await eventually(() => demo.instances[0]?.pid === null, START_TIMEOUT_MS);
  t.match(logger.entries.at(-1), { level: 'warn', message: 'demo-1 has stopped; it starts again in 15 s', fields: { pid: first?.pid } });
  await t.rejects(fetch(`${first?.url}/health`));
  t.equal((await fetch(`${second?.url}/health`)).status, 200, 'the other goes on');

  clock.advance(14_999);
  t.equal(clock.tickers, 1, 'not yet');
  clock.advance(1);
  const pid = await eventually(() => demo.instances[0]?.pid, START_TIMEOUT_MS);
  t.not(pid, first?.pid);
  t.match(await (await fetch(`${first?.url}/health`)).json(), { instance: 'demo-1' });

  await demo.stop();
  t.strictSame(demo.instances.map((instance) => instance.pid), [null, null]);
  t.equal(clock.tickers, 0, 'and nothing comes back');
});

await t.test('where one port is in use none is left running, and the error names it', async (t) => {
  const other = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  const logger = new MemoryLogger();
  await t.rejects(startDemo({ ports: [0, port], logger, clock: new ManualClock() }), { name: 'InstanceError', message: `demo-2 cannot start: port ${port} is in use` });
  for (const { fields } of logger.entries) t.throws(() => process.kill(Number(fields['pid']), 0), { code: 'ESRCH' });
});

await t.test('an instance that cannot come back is tried again', async (t) => {
  const logger = new MemoryLogger();
  const clock = new ManualClock();
  const demo = await startDemo({ ports: [0], logger, clock, restartMs: 1000 });
  t.teardown(() => demo.stop());
  const { port = 0, url, pid } = demo.instances[0] ?? {};
  process.kill(pid ?? 0, 'SIGKILL');
  await eventually(() => clock.tickers === 1, START_TIMEOUT_MS);
  const squatter = net.createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  clock.advance(1000);
  await eventually(() => logger.entries.at(-1)?.message === 'demo-1 could not start again', START_TIMEOUT_MS);
  await new Promise((resolve) => squatter.close(resolve));
  clock.advance(1000);
  await eventually(() => demo.instances[0]?.pid, START_TIMEOUT_MS);
  t.equal((await fetch(`${url}/health`)).status, 200);
});
