import t, { type Test } from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { RELOAD_OPERATION } from '../../src/admin/reload-route.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

async function start(t: Test): Promise<{ readonly services: SampleServices; readonly reload: (query?: string) => Promise<Response> }> {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: null });
  t.teardown(() => server.close());
  const reload = async (query = ''): Promise<Response> => fetch(`http://127.0.0.1:${server.address.port}/reload${query}`, { method: 'POST', headers: { 'content-type': 'application/json' } });
  return { services, reload };
}

await t.test('only who wants to wait for the guard does', async (t) => {
  const { services, reload } = await start(t);
  for (const query of ['', '?wait=false', '?wait=true']) t.equal((await reload(query)).status, 200, query);
  t.match(services, { reloads: 3, waits: 1 });
});

await t.test('a query that is not known reloads nothing', async (t) => {
  const { services, reload } = await start(t);
  for (const query of ['?wait=yes', '?wait', '?wiat=true', '?wait=true&wait=true']) t.equal((await reload(query)).status, 422, query);
  t.equal(services.reloads, 0);
});

await t.test('what was taken back is told from what was refused', async (t) => {
  const { services, reload } = await start(t);
  const titles: Record<string, string> = { conflict: 'Reload refused', rolled_back: 'Reload taken back', stuck: 'Reload cannot be taken back' };
  for (const reason of ['conflict', 'rolled_back', 'stuck'] as const) {
    services.result = { ok: false, reason, error: 'why', diagnostics: [] };
    const response = await reload('?wait=true');
    t.equal(response.status, 409);
    t.match(await response.json(), { title: titles[reason], detail: 'why', error: 'why', reason });
  }
});

await t.test('every member of the answer is described', async (t) => {
  const { reload } = await start(t);
  const answer: unknown = await (await reload()).json();
  t.strictSame(Object.keys(answer ?? {}), Object.keys(RELOAD_OPERATION.answers[200].schema.properties));
});
