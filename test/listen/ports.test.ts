import { once } from 'node:events';
import net from 'node:net';
import t, { type Test } from 'tap';
import type { ListenAddress, ListenConfig } from '../../src/config/config.ts';
import { openPort, Ports, portsOf } from '../../src/listen/ports.ts';
import { NO_SOCKETS } from '../../src/listen/ports.ts';
import { configOf } from '../helpers/config-text.ts';
import { RawClient } from '../helpers/raw-client.ts';

const { listen: plain } = configOf('listen: { http: 80 }');

function listening(http: readonly ListenAddress[], https: readonly ListenAddress[] = []): ListenConfig {
  return { ...plain, http, https };
}

/** Ports that answer each connection with `http` or `https` and the port it came to. */
function makePorts(t: Test, reusePort = false, name = ''): Ports {
  const ports = new Ports({ accept: (socket, secure) => void socket.end(`${name}${secure ? 'https' : 'http'}`), reusePort, share: NO_SOCKETS, onShut: () => undefined });
  t.teardown(() => ports.closeAll());
  return ports;
}

async function freeAddress(t: Test, host = '127.0.0.1'): Promise<ListenAddress> {
  const opened = await openPort({ kind: 'http', address: { host, port: 0 } }, { reusePort: false }, () => undefined);
  opened.close();
  t.not(opened.port.address.port, 0);
  return opened.port.address;
}

async function said(host: string, port: number): Promise<string> {
  const client = await RawClient.connect({ host, port });
  return client.readToEnd();
}

await t.test('a port listens on IPv4, on IPv6, and with no address given on both', async (t) => {
  const ports = makePorts(t);
  const four = await freeAddress(t);
  const six = await freeAddress(t, '::1');
  const any = await freeAddress(t, '::');
  await ports.open(listening([four, any], [six]));
  t.strictSame(ports.list.map(({ kind, address }) => `${kind} ${address.host}`), ['http 127.0.0.1', 'http ::', 'https ::1']);
  t.equal(await said('127.0.0.1', four.port), 'http');
  t.equal(await said('::1', six.port), 'https');
  t.equal(await said('127.0.0.1', any.port), 'http');
  t.equal(await said('::1', any.port), 'http');
  await t.rejects(said('::1', four.port), { code: 'ECONNREFUSED' });
});

await t.test('a change of the list opens what is new, closes what is gone, and leaves the rest and its connections', async (t) => {
  const sockets: net.Socket[] = [];
  const ports = new Ports({ accept: (socket) => void sockets.push(socket), reusePort: false, share: NO_SOCKETS, onShut: () => undefined });
  t.teardown(() => ports.closeAll());
  const [kept, gone, added] = [await freeAddress(t), await freeAddress(t), await freeAddress(t)];
  await ports.open(listening([kept, gone]));
  const client = await RawClient.connect({ port: gone.port });
  await ports.open(listening([kept, added]));
  t.equal(ports.list.length, 3, 'opening closes nothing yet');
  ports.keepOnly(listening([kept, added]));
  t.strictSame(portsOf(listening([kept, added])), ports.list);
  await t.rejects(RawClient.connect({ port: gone.port }), { code: 'ECONNREFUSED' });
  sockets[0]?.end('still here');
  t.equal(await client.readToEnd(), 'still here');
  client.destroy();
  for (const { port } of [kept, added]) (await RawClient.connect({ port })).destroy();
  for (const socket of sockets) socket.destroy();
});

await t.test('a port changes between http and https without a moment in which it is closed', async (t) => {
  const ports = makePorts(t);
  const [changed, other] = [await freeAddress(t), await freeAddress(t)];
  await ports.open(listening([changed], [other]));
  await ports.open(listening([other], [changed]));
  t.equal(await said('127.0.0.1', changed.port), 'http', 'not before the rest of the configuration is in force');
  ports.keepOnly(listening([other], [changed]));
  t.strictSame([await said('127.0.0.1', changed.port), await said('127.0.0.1', other.port)], ['https', 'http']);
  t.strictSame(ports.list.map(({ kind, address }) => `${kind} ${address.port}`), [`https ${changed.port}`, `http ${other.port}`]);
});

await t.test('an address that covers another one takes its place without a moment in which nobody listens', async (t) => {
  const ports = makePorts(t, true);
  const narrow = await freeAddress(t);
  const wide = { host: '::', port: narrow.port };
  for (const [from, to] of [[narrow, wide], [wide, narrow]] as const) {
    await ports.open(listening([from]));
    await ports.open(listening([to]));
    t.equal(await said('127.0.0.1', narrow.port), 'http');
    ports.keepOnly(listening([to]));
    t.equal(await said('127.0.0.1', narrow.port), 'http');
  }
});

await t.test('a port that is in use is named, and nothing else of that call stays open', async (t) => {
  const squatter = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => squatter.close());
  await once(squatter, 'listening');
  const { port } = squatter.address() as net.AddressInfo;
  const ports = makePorts(t);
  const [kept, wanted] = [await freeAddress(t), await freeAddress(t)];
  await ports.open(listening([kept]));
  await t.rejects(ports.open(listening([kept, wanted], [{ host: '127.0.0.1', port }])), {
    name: 'PortError', message: `https port 127.0.0.1:${port} is in use by another program`, cause: { code: 'EADDRINUSE' },
  });
  t.strictSame(ports.list, [{ kind: 'http', address: kept }]);
  await t.rejects(RawClient.connect({ port: wanted.port }), { code: 'ECONNREFUSED' });
  t.equal(await said('127.0.0.1', kept.port), 'http');
});

await t.test('an address of another machine is refused in words', async (t) => {
  const opening = openPort({ kind: 'http', address: { host: '2001:db8::1', port: 1 } }, { reusePort: false }, () => undefined);
  await t.rejects(opening, { message: /^http port \[2001:db8::1\]:1(: this machine has no such address| cannot be opened: .+)$/ });
  const other = openPort({ kind: 'http', address: { host: '192.0.2.1', port: 1 } }, { reusePort: false }, () => undefined);
  await t.rejects(other, { name: 'PortError', message: 'http port 192.0.2.1:1: this machine has no such address' });
});

await t.test('workers share a port, and each gets connections', async (t) => {
  const address = await freeAddress(t);
  for (const name of ['1 ', '2 ']) await makePorts(t, true, name).open(listening([address]));
  const answers = new Set<string>();
  for (let i = 0; i < 60; i++) answers.add(await said('127.0.0.1', address.port));
  t.strictSame([...answers].toSorted(), ['1 http', '2 http']);
});

await t.test('a port that was closed can be opened at once', async (t) => {
  const address = await freeAddress(t);
  for (let i = 0; i < 5; i++) {
    const ports = makePorts(t);
    await ports.open(listening([address]));
    t.equal(await said('127.0.0.1', address.port), 'http');
    ports.closeAll();
  }
});
