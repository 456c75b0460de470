import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { createSyslogLink, type SyslogLink } from '../../src/observe/syslog-link.ts';
import { requireService } from '../helpers/service.ts';
import { startDatagramServer, startStreamServer } from '../helpers/syslog-server.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

async function sent(link: SyslogLink, ...messages: string[]): Promise<Error | null> {
  return new Promise((resolve) => link.send(messages, resolve));
}

await t.test('a datagram has one message; those to a closed port are lost, and the next one goes when it is open again', async (t) => {
  const server = await startDatagramServer(t);
  const link = createSyslogLink({ transport: 'udp', host: '127.0.0.1', port: server.port });
  t.teardown(() => link.close());
  t.strictSame(await Promise.all([sent(link, 'one'), sent(link, 'zwei é')]), [null, null]);
  await eventually(() => server.messages.length === 2);
  t.strictSame(server.messages, ['one', 'zwei é']);
  server.close();
  for (let round = 0; round < 5; round += 1) await sent(link, 'lost');
  const again = await startDatagramServer(t, server.port);
  await eventually(async () => {
    await sent(link, 'back');
    return again.messages.includes('back');
  });
});

await t.test('a stream has counted messages, over TCP and over a unix socket', async (t) => {
  const file = path.join(tempDir(t), 'log');
  const tcp = await startStreamServer(t);
  const unix = await startStreamServer(t, file);
  for (const [link, server] of [[createSyslogLink({ transport: 'tcp', host: '127.0.0.1', port: tcp.port }), tcp], [createSyslogLink({ transport: 'unix', path: file }), unix]] as const) {
    t.equal(await sent(link, 'one', 'zwei é\nlines'), null);
    t.equal(await sent(link, 'three'), null);
    await eventually(() => server.messages.length === 3);
    t.strictSame(server.messages, ['one', 'zwei é\nlines', 'three']);
    link.close();
  }
});

await t.test('a server that is not there, or goes, is heard of, and is found again', async (t) => {
  const port = await freePort();
  const link = createSyslogLink({ transport: 'tcp', host: '127.0.0.1', port });
  t.teardown(() => link.close());
  t.match(await sent(link, 'one'), { code: 'ECONNREFUSED' });
  const server = await startStreamServer(t, port);
  t.equal(await sent(link, 'one'), null);
  await eventually(() => server.messages.length === 1);
  server.cut();
  await eventually(async () => {
    await sent(link, 'two');
    return server.messages.includes('two');
  });
});

await t.test('a socket that takes datagrams, as /dev/log does, is refused with what to use instead', async (t) => {
  const activate = requireService(t, 'systemd-socket-activate');
  if (activate === null) return;
  const file = path.join(tempDir(t), 'log');
  const owner = spawn(activate, ['--datagram', `--listen=${file}`, 'true'], { stdio: 'ignore' });
  t.teardown(() => owner.kill());
  await eventually(() => existsSync(file));
  const link = createSyslogLink({ transport: 'unix', path: file });
  t.teardown(() => link.close());
  const error = await sent(link, 'one');
  t.match(error, { message: `${file} takes datagrams, and only a stream socket can be written to; use udp://127.0.0.1:514 or tcp://` });
  t.match(error?.message, 'stdout, which journald takes');
});

await t.test('a name that cannot be looked up is a failure like any other', async (t) => {
  const link = createSyslogLink({ transport: 'udp', host: 'no-such-host.invalid', port: 514 });
  t.teardown(() => link.close());
  t.type(await sent(link, 'one'), Error);
});
