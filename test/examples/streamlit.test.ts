import { once } from 'node:events';
import http from 'node:http';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';

/** An instance as Streamlit is one: a page, a health path, and a WebSocket that knows in which instance it is. */
async function startInstance(name: string): Promise<string> {
  const server = http.createServer((_request, response) => response.end(name));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${name}: ${(data as Buffer).toString()}`)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

const NAMES = ['one', 'two', 'three'];
const [first = '', second = '', third = ''] = await Promise.all(NAMES.map(startInstance));
const gateway = await startLoneGateway(t, exampleText('streamlit', {
  'dashboard-1:8501': first, 'dashboard-2:8501': second, 'dashboard-3:8501': third, '${STICKY_SECRET}': 'a secret of the test, long enough',
}));
const HOST = { host: 'dashboard.example.com' };
const ask = agentClient(t, gateway.port);

/** What the dashboard says to a first message; rejects with the status where there is no WebSocket. */
async function talk(headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/_stcore/stream`, { headers: { ...HOST, ...headers } });
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  socket.send('rerun');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  return answer.toString();
}

await t.test('a visitor stays at one of three instances, with the page and with the WebSocket', async (t) => {
  const seen = new Set<string>();
  for (let visitor = 0; visitor < 12; visitor += 1) {
    const page = await ask({ path: '/', headers: HOST });
    const instance = page.body.toString();
    const cookie = page.headers['set-cookie']?.split(';', 1)[0] ?? '';
    seen.add(instance);
    t.equal(await talk({ cookie }), `${instance}: rerun`);
    t.equal((await ask({ path: '/', headers: { ...HOST, cookie } })).body.toString(), instance);
  }
  t.strictSame([...seen].toSorted(), NAMES.toSorted());
});

await t.test('threat: a page of another origin cannot open the WebSocket of a visitor', async (t) => {
  t.match(await talk({ origin: 'https://dashboard.example.com' }), /rerun/);
  await t.rejects(talk({ origin: 'https://evil.example' }), /403/);
});
