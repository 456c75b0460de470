import t from 'tap';
import { getHealth, readBoard } from '../../src/admin/status-client.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';
import { eventually } from '../helpers/wait-for.ts';
import { sampleSnapshot } from './sample-traffic.ts';

await t.test('health comes back as the service gave it', async (t) => {
  const { place } = await startAdmin(t, { token: '0123456789abcdef' });
  t.match(await getHealth(place), { status: 'ready', generation: 4, routes: 1, upstreams: [{ name: 'app', targets: 1, available: 1 }], targets: [{ key: 'app:8000' }], certificates: { total: 1 } });
  await t.rejects(getHealth({ ...place, token: null }), { name: 'AdminClientError', status: 401 });
  await t.rejects(getHealth(await startStranger(t, (_request, response) => response.end('{"status":"ok"}'))), { message: /is not the admin server/ });
});

await t.test('the board is what the status stream says first, and the stream is let go', async (t) => {
  const { place, services } = await startAdmin(t);
  t.match((await readBoard(place))?.view, { gateway: { state: 'ready', generation: 4 }, targets: { total: 1 } });
  await eventually(() => services.traffic.listeners.size === 0, 20_000);
});

await t.test('there is none where as many watch as may, or the stream ends at once', async (t) => {
  const full = await startStranger(t, (_request, response) => response.writeHead(503).end('{"detail":"Too many."}'));
  t.equal(await readBoard(full), null);
  const ending = await startStranger(t, (_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end());
  t.equal(await readBoard(ending), null);
  await t.rejects(readBoard(await startStranger(t, (_request, response) => response.writeHead(404).end())), { name: 'AdminClientError', status: 404 });
});

await t.test('an hour of two hundred routes is not too much', async (t) => {
  const { place, services } = await startAdmin(t);
  const history = sampleSnapshot(Date.UTC(2026, 0, 1)).all;
  const numbers = history.requests.map((_, index) => 1_000_000.25 + index);
  services.traffic.current = { ...services.traffic.current, routes: Array.from({ length: 201 }, (_, index) => ({ ...history, route: `route ${index}`, requests: numbers, errors: numbers, p50Ms: numbers, p95Ms: numbers })) };
  t.ok((await readBoard(place))?.view);
});
