import { once } from 'node:events';
import t from 'tap';
import { WebSocket } from 'ws';
import { startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

const PATIENT = 'drainTimeout: 20s';

await t.test('a WebSocket is closed with 1001 between two frames, in the middle of heavy traffic as well', async (t) => {
  const payload = Buffer.alloc(100_003, 'x');
  const upstream = await startWebSocketUpstream(t, {}, (socket) => {
    const send = (): void => {
      if (socket.readyState === socket.OPEN) socket.send(payload, () => setImmediate(send));
    };
    for (let i = 0; i < 20; i++) send();
  });
  const process = await startSluice(t, `${PATIENT}\nroutes: [{ upstream: "${upstream.target}" }]`);
  const busy = new WebSocket(`ws://127.0.0.1:${process.httpPort}/`);
  let whole = 0;
  let broken = 0;
  busy.on('message', (data: Buffer) => {
    if (data.equals(payload)) whole += 1;
    else broken += 1;
  });
  const closed = once(busy, 'close');
  await eventually(() => whole > 50, 5000);
  process.child.kill('SIGTERM');
  t.equal((await closed)[0], 1001);
  t.equal(broken, 0);
  t.equal(await process.ended(), 0);
  await eventually(() => upstream.open === 0);
  t.match(process.accessLog(), [{ status: 101 }]);
});

await t.test('a quiet WebSocket is closed with 1001 at once', async (t) => {
  const upstream = await startWebSocketUpstream(t);
  const process = await startSluice(t, `${PATIENT}\nroutes: [{ upstream: "${upstream.target}" }]`);
  const quiet = new WebSocket(`ws://127.0.0.1:${process.httpPort}/`);
  await once(quiet, 'open');
  const closed = once(quiet, 'close');
  process.child.kill('SIGTERM');
  t.equal((await closed)[0], 1001);
  t.equal(await process.ended(), 0);
});
