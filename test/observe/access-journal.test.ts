import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/lib/clock.ts';
import { AccessJournal } from '../../src/observe/access-journal.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { startDatagramServer } from '../helpers/syslog-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { MemoryLines } from './memory-lines.ts';
import { sampleRecord } from './sample-record.ts';

function start() {
  const output = new MemoryLines();
  const logger = new MemoryLogger();
  const journal = new AccessJournal({ output, clock: systemClock, logger, secret: Buffer.alloc(32) });
  const use = (option: string): void => journal.use(configOf(`accessLog: ${option}`).accessLog);
  return { output, logger, journal, use };
}

await t.test('nothing is written before a configuration says so; each one counts from then on', async (t) => {
  const { output, journal, use } = start();
  journal.write(sampleRecord);
  use('{ fields: [status] }');
  journal.write(sampleRecord);
  use('{ template: "$request_method" }');
  journal.write(sampleRecord);
  use('off');
  journal.write(sampleRecord);
  use('{ fields: [client], mask: { address: truncate } }');
  journal.write(sampleRecord);
  t.strictSame(output.lines, ['{"status":200}\n', 'GET\n', '{"client":"203.0.113.0"}\n']);
  t.equal(journal.privacy.address('203.0.113.7'), '203.0.113.0', 'others show as the log does');
});

await t.test('another file takes over after a reload, and the old one gets what it was given', async (t) => {
  const dir = tempDir(t);
  const [one, two] = [path.join(dir, 'one.log'), path.join(dir, 'two.log')];
  const { journal, use } = start();
  use(`{ fields: [status], to: { file: "${one}" } }`);
  journal.write(sampleRecord);
  use(`{ fields: [status, method], to: { file: "${one}", rotate: off } }`);
  journal.write(sampleRecord);
  use(`{ fields: [method], to: { file: "${two}" } }`);
  journal.write(sampleRecord);
  await journal.end();
  t.equal(readFileSync(one, 'utf8'), '{"status":200}\n{"status":200,"method":"GET"}\n');
  t.equal(readFileSync(two, 'utf8'), '{"method":"GET"}\n');
  t.equal(journal.dropped, 0);
});

await t.test('lines lost count on through every change of the configuration', async (t) => {
  const { output, journal, use } = start();
  use('json');
  output.isFull = true;
  journal.write(sampleRecord);
  use('{ fields: [status] }');
  journal.write(sampleRecord);
  t.equal(journal.dropped, 2);
  use(`{ fields: [status], buffer: 64KB, to: { file: "/dev/full" } }`);
  for (let index = 0; index < 5000; index += 1) journal.write(sampleRecord);
  t.ok(journal.dropped > 100);
  const before = journal.dropped;
  use('off');
  t.ok(journal.dropped >= before);
  await journal.end();
  await eventually(() => journal.dropped === 5002);
});

await t.test('a target that cannot be written is told of in the messages of Sluice', async (t) => {
  const file = path.join(tempDir(t), 'none', 'access.log');
  const { journal, use, logger } = start();
  use(`{ to: { file: "${file}" } }`);
  await eventually(() => logger.entries.some(({ message, fields }) => message.includes('cannot be written') && fields['reason'] === 'ENOENT'));
  journal.reopen();
  await journal.end();
  t.notOk(existsSync(file));
});

await t.test('syslog gets lines in its frame', async (t) => {
  const server = await startDatagramServer(t);
  const { journal, use } = start();
  use(`{ fields: [status], to: { syslog: "udp://127.0.0.1:${server.port}", facility: daemon, app: edge } }`);
  journal.write({ ...sampleRecord, status: 503 });
  await journal.end();
  await eventually(() => server.messages.length === 1);
  t.match(server.messages[0], /^<27>1 \S+ \S+ edge \d+ access - \{"status":503\}$/);
});
