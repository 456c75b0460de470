import { existsSync, writeFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import { LogKeeper } from '../../src/workers/log-keeper.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startStreamServer } from '../helpers/syslog-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

function logOf(option: string): AccessLogConfig {
  return configOf(`accessLog: ${option}`).accessLog;
}

await t.test('a file that cannot be written is said at once, and what may come up later is no fault', async (t) => {
  const dir = tempDir(t);
  await t.rejects(LogKeeper.check(logOf(`{ to: { file: "${dir}/none/access.log" } }`)), /accessLog: .*none\/access\.log cannot be written \(ENOENT\)/);
  await t.rejects(LogKeeper.check(logOf(`{ to: { file: "${dir}" } }`)), /EISDIR/);
  await LogKeeper.check(logOf(`{ format: off, to: { file: "${dir}/none/access.log" } }`));
  await LogKeeper.check(logOf(`{ to: { file: "${dir}/access.log" } }`));
  t.ok(existsSync(`${dir}/access.log`));
  await LogKeeper.check(logOf('json'));
  await LogKeeper.check(logOf('{ to: { syslog: "udp://127.0.0.1:1" } }'));
  await LogKeeper.check(logOf(`{ to: { syslog: "unix:${dir}/none" } }`));
  const socket = path.join(dir, 'log');
  await startStreamServer(t, socket);
  await LogKeeper.check(logOf(`{ to: { syslog: "unix:${socket}" } }`));
});

await t.test('the file of the configuration in force is put aside, and that of an earlier one is not', async (t) => {
  const dir = tempDir(t);
  const [one, two] = [path.join(dir, 'one.log'), path.join(dir, 'two.log')];
  const clock = new ManualClock();
  let moves = 0;
  const keeper = new LogKeeper({ clock, logger: new MemoryLogger(), onMoved: () => { moves += 1; } });
  const use = (file: string, rotate = '{ size: 4KB }'): void => keeper.use(logOf(`{ to: { file: "${file}", rotate: ${rotate} } }`));
  use(one);
  use(one);
  t.equal(clock.tickers, 1, 'the same again changes nothing');
  use(two);
  for (const file of [one, two]) writeFileSync(file, 'x'.repeat(5000));
  clock.advance(500);
  await eventually(() => moves === 1);
  t.ok(existsSync(one));
  t.strictSame(readdirSync(dir).filter((name) => name.startsWith('two')), ['two-2026-01-01T00-00-00.500.log']);
  use(two, 'off');
  t.equal(clock.tickers, 0);
  use(one);
  keeper.close();
  t.equal(clock.tickers, 0);
});
