import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { ServiceManager } from '../../src/cli/service-manager.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

/** The other end of $NOTIFY_SOCKET. */
async function listen(t: Test, socat: string): Promise<{ readonly socket: string; readonly heard: () => string }> {
  const socket = path.join(tempDir(t), 'notify');
  const child = spawn(socat, ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await eventually(() => existsSync(socket), 20_000);
  return { socket, heard: () => text };
}

await t.test('systemd hears: ready with the main process, reloading with its time, alive at half the watchdog, stopping', async (t) => {
  const [socat, notify] = [requireService(t, 'socat'), requireService(t, 'systemd-notify')];
  if (socat === null || notify === null) return;
  const { socket, heard } = await listen(t, socat);
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const manager = new ServiceManager({ env: { PATH: process.env['PATH'], NOTIFY_SOCKET: socket, WATCHDOG_USEC: '20000000' }, pid: 42, clock, logger });
  manager.ready('generation 1');
  await eventually(() => /READY=1\nMAINPID=42\nSTATUS=generation 1/.test(heard()), 20_000);
  t.notMatch(heard(), 'WATCHDOG');
  clock.advance(10_000);
  await eventually(() => heard().includes('WATCHDOG=1'), 20_000);
  manager.reloading();
  await eventually(() => /RELOADING=1\nMONOTONIC_USEC=\d+/.test(heard()), 20_000);
  manager.stopping();
  await manager.idle();
  await eventually(() => heard().includes('STOPPING=1'), 20_000);
  t.strictSame(logger.entries, []);
});

await t.test('under no service manager nothing is sent; one that cannot be told is a line in the log', async (t) => {
  const logger = new MemoryLogger();
  const alone = new ServiceManager({ env: {}, pid: 42, clock: new ManualClock(), logger });
  alone.ready('');
  await alone.idle();
  t.strictSame(logger.entries, []);
  const deaf = new ServiceManager({ env: { PATH: '/nonexistent', NOTIFY_SOCKET: '/nonexistent' }, pid: 42, clock: new ManualClock(), logger });
  deaf.ready('');
  await deaf.idle();
  t.match(logger.entries, [{ level: 'warn', message: 'systemd was not told', fields: { message: 'READY=1' } }]);
});
