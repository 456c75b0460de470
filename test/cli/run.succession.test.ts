import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { type SluiceProcess, startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const PER_SECOND = 500;
const KEPT = 50;
const PATIENCE_MS = 30_000;

/** New connections, so many a second, each with one request; what became of each. */
class NewConnections {
  readonly outcomes: string[] = [];
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(t: Test, port: number) {
    this.#port = port;
    const startedMs = performance.now();
    this.#timer = setInterval(() => {
      while (this.#sent < ((performance.now() - startedMs) * PER_SECOND) / 1000) {
        this.#sent += 1;
        void this.#one();
      }
    }, 2);
    t.teardown(() => clearInterval(this.#timer));
  }

  async end(): Promise<readonly string[]> {
    clearInterval(this.#timer);
    await eventually(() => this.outcomes.length === this.#sent, PATIENCE_MS);
    return this.outcomes;
  }

  async #one(): Promise<void> {
    try {
      const socket = net.connect(this.#port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      let text = '';
      socket.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      await once(socket, 'end');
      this.outcomes.push(text.split('\r\n\r\n')[1] ?? '');
    } catch (error) {
      this.outcomes.push(String(error));
    }
  }
}

/** Clients with a connection each that they keep, asking again as soon as they are answered. */
async function keepAsking(port: number, isOver: () => boolean): Promise<readonly string[]> {
  const all = await Promise.all(Array.from({ length: KEPT }, async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const outcomes: string[] = [];
    while (!isOver()) outcomes.push(await askOver(agent, port));
    agent.destroy();
    return outcomes;
  }));
  return all.flat();
}

async function askOver(agent: http.Agent, port: number): Promise<string> {
  try {
    const [response] = await once(http.get({ agent, port, host: '127.0.0.1' }), 'response') as [http.IncomingMessage];
    return await textOf(response);
  } catch (error) {
    return String(error);
  }
}

function countsOf(outcomes: readonly string[]): object {
  return Object.fromEntries(Object.entries(Object.groupBy(outcomes, (outcome) => outcome)).map(([outcome, all]) => [outcome, (all?.length ?? 0) > 100]));
}

function successorOf(process: SluiceProcess): number {
  return Number(/"pid":(\d+),"message":"the other process has taken over"/.exec(process.output())?.[1] ?? 0);
}

await t.test('another process takes over the ports: no connection is refused or reset, and what is in work ends in the old one', async (t) => {
  const listen = `listen: { http: "127.0.0.1:${await freePort()}", admin: "127.0.0.1:${await freePort()}" }\nreload: { watch: off }\nlog: { level: info }\nworkers: 2\naccessLog: off`;
  const gateway = await startSluice(t, `${listen}\nroutes: [{ respond: { body: old } }]`);
  const load = new NewConnections(t, gateway.httpPort);
  let isOver = false;
  const kept = keepAsking(gateway.httpPort, () => isOver);
  await eventually(() => load.outcomes.length > 200, PATIENCE_MS);
  gateway.write(`${listen}\nroutes: [{ respond: { body: new } }]`);
  gateway.child.kill('SIGUSR2');
  await eventually(() => successorOf(gateway) !== 0, PATIENCE_MS);
  t.teardown(() => process.kill(successorOf(gateway), 'SIGKILL'));
  t.equal(await gateway.ended(), 0, 'the old one has ended');
  const before = load.outcomes.length;
  await eventually(() => load.outcomes.length > before + 200, PATIENCE_MS);
  isOver = true;
  t.strictSame(countsOf(await load.end()), { old: true, new: true }, 'new connections');
  t.strictSame(countsOf(await kept), { old: true, new: true }, 'connections that are kept');
  t.match(JSON.parse(await adminHealth(gateway.adminPort)), { generation: 1 }, 'the admin server has moved, too');
});

async function adminHealth(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return response.text();
}

await t.test('a successor that cannot start changes nothing: the old process goes on and says why', async (t) => {
  const listen = `listen: { http: "127.0.0.1:${await freePort()}", admin: off }\nreload: { watch: off }\nlog: { level: info }`;
  const gateway = await startSluice(t, `${listen}\nroutes: [{ respond: { body: old } }]`);
  gateway.write('routes: [{ respnd: {} }]');
  for (let count = 1; count <= 2; count += 1) {
    gateway.child.kill('SIGUSR2');
    await eventually(() => gateway.output().split('the hand-over failed, this process goes on').length === count + 1, PATIENCE_MS);
  }
  t.match(gateway.output(), /respnd[^]*the new process ended \(exit code 2\)/);
  t.equal(await (await fetch(`http://127.0.0.1:${gateway.httpPort}/`)).text(), 'old');
});

await t.test('a stop while the other process starts is a stop: both are gone', async (t) => {
  const listen = `listen: { http: "127.0.0.1:${await freePort()}", admin: off }\nreload: { watch: off }\nlog: { level: info }`;
  const gateway = await startSluice(t, `${listen}\nroutes: [{ respond: { body: old } }]`);
  gateway.child.kill('SIGUSR2');
  await eventually(() => gateway.output().includes('another process of this program is started'), PATIENCE_MS);
  gateway.child.kill('SIGTERM');
  t.equal(await gateway.ended(), 0);
  await t.rejects(fetch(`http://127.0.0.1:${gateway.httpPort}/`));
  t.equal(successorOf(gateway), 0);
});
