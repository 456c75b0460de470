import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { DnsServer, type DnsZone } from '../helpers/dns-server.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';

const NAME = 'app.test';
const LOOK = 24;

interface Container {
  readonly address: string;
  readonly port: number;
  /** Connections at present. */
  readonly open: number;
  /** Requests that wait at `/slow`. */
  readonly waiting: number;
  /** Answers what waits at `/slow`. */
  release(): void;
  /** Ends at once, with all its connections. */
  stop(): void;
}

/** An application at an address of its own, which it answers with; `/slow` is answered when the test says so. */
async function startContainer(t: Test, address: string, port = 0): Promise<Container> {
  const sockets = new Set<Socket>();
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.end(address);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, address);
  await once(server, 'listening');
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  t.teardown(stop);
  return {
    address,
    port: (server.address() as AddressInfo).port,
    get open() {
      return sockets.size;
    },
    get waiting() {
      return waiting.length;
    },
    release: () => {
      for (const response of waiting.splice(0)) response.end(address);
    },
    stop,
  };
}

async function startOver(t: Test, dns: DnsServer, port: number, options = ''): Promise<TestGateway> {
  return startGateway(t, `
workers: 2
upstreams:
  app:
    targets: ["${NAME}:${port}"]
    resolve: { servers: ["${dns.address}"], min: 100ms }
    keepAlive: { idle: 60s }
    ${options}
routes: [{ upstream: app }]`);
}

/** Who answers, over connections of their own, so that every worker is asked. A status other than 200 is an answer too. */
async function who(port: number): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: LOOK }, async () => {
    const client = await RawClient.connect({ port });
    const { status, text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').readResponse();
    client.destroy();
    return status === 200 ? text : String(status);
  }));
  return [...new Set(answers)].toSorted();
}

/** Until these and nobody else answer; nobody may fail meanwhile. */
async function answeredBy(t: Test, port: number, expected: readonly string[]): Promise<void> {
  const others = new Set<string>();
  await eventually(async () => {
    const answers = await who(port);
    for (const answer of answers) if (/^\d+$/.test(answer)) others.add(answer);
    return JSON.stringify(answers) === JSON.stringify(expected);
  }, 8000);
  t.strictSame([...others], [], `${expected.join(' and ')} took over without a failure`);
}

await t.test('addresses are added, removed and replaced; what is in flight at one that vanished finishes', async (t) => {
  const first = await startContainer(t, '127.0.0.2');
  const [second, third] = [await startContainer(t, '127.0.0.3', first.port), await startContainer(t, '127.0.0.4', first.port)];
  const dns = await DnsServer.start(t, { [NAME]: { addresses: ['127.0.0.2'], ttl: 0 } });
  const { httpPort, plane } = await startOver(t, dns, first.port);
  t.strictSame(await who(httpPort), ['127.0.0.2']);

  dns.set(NAME, { addresses: ['127.0.0.2', '127.0.0.3'], ttl: 0 });
  await answeredBy(t, httpPort, ['127.0.0.2', '127.0.0.3']);

  const slow = await RawClient.connect({ port: httpPort });
  slow.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => first.waiting + second.waiting === 1);
  const [leaving, staying] = first.waiting === 1 ? [first, second] : [second, first];
  await eventually(() => leaving.open > 1);
  dns.set(NAME, { addresses: [staying.address], ttl: 0 });
  await answeredBy(t, httpPort, [staying.address]);
  await eventually(() => leaving.open === 1);
  t.strictSame(plane.status().targets.map(({ key }) => key), [`${NAME}:${first.port}@${staying.address}`]);
  leaving.release();
  t.match(await slow.readResponse(), { status: 200, text: leaving.address }, 'the request in flight was answered');
  await eventually(() => leaving.open === 0);
  slow.destroy();

  dns.set(NAME, { addresses: [third.address], ttl: 0 });
  await answeredBy(t, httpPort, [third.address]);
  await eventually(() => staying.open === 0);
});

await t.test('a name that does not resolve at start is a warning and a 503, and works as soon as it does', async (t) => {
  const app = await startContainer(t, '127.0.0.2');
  const dns = await DnsServer.start(t, { [NAME]: 'nxdomain' });
  const { httpPort, messages } = await startOver(t, dns, app.port);
  t.strictSame(await who(httpPort), ['503']);
  t.match(messages.join('\n'), /a name cannot be resolved, it has no address yet .*app\.test/);
  dns.set(NAME, { addresses: [app.address], ttl: 0 });
  await eventually(async () => (await who(httpPort)).join() === app.address, 8000);
  t.match(messages.join('\n'), /a name resolves again .*127\.0\.0\.2/);
});

await t.test('a resolver that flaps never empties an upstream that works', async (t) => {
  const app = await startContainer(t, '127.0.0.2');
  const good: DnsZone = { addresses: [app.address], ttl: 0 };
  const dns = await DnsServer.start(t, { [NAME]: good });
  const { httpPort, messages } = await startOver(t, dns, app.port);
  const bad: readonly DnsZone[] = ['servfail', 'nxdomain', 'empty', { addresses: [app.address], ttl: 0, failFamily: 4 }];
  for (const zone of [...bad, ...bad]) {
    const answers = new Set<string>();
    const asked = dns.queries(NAME);
    dns.set(NAME, zone);
    await eventually(async () => {
      for (const answer of await who(httpPort)) answers.add(answer);
      return dns.queries(NAME) > asked + 2;
    }, 8000);
    dns.set(NAME, good);
    await eventually(() => dns.queries(NAME) > asked + 4, 8000);
    t.strictSame([...answers], [app.address], `DNS says ${JSON.stringify(zone)}`);
  }
  t.strictSame(await who(httpPort), [app.address]);
  const said = messages.filter((message) => message.startsWith('a name cannot be resolved, its last addresses stay in use'));
  t.ok(said.length > 0, 'which is said');
});

await t.test('an application that comes back at another address is found at once, however long its TTL, and with hold nobody notices', async (t) => {
  const before = await startContainer(t, '127.0.0.2');
  const after = await startContainer(t, '127.0.0.3', before.port);
  const dns = await DnsServer.start(t, { [NAME]: { addresses: [before.address], ttl: 3600 } });
  const { httpPort } = await startOver(t, dns, before.port, 'hold: 10s');
  t.strictSame(await who(httpPort), [before.address]);
  dns.set(NAME, { addresses: [after.address], ttl: 3600 });
  before.stop();
  t.strictSame(await who(httpPort), [after.address]);
});
