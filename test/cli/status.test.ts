import { get } from 'node:http';
import t from 'tap';
import { SampleServices, sampleStatus } from '../admin/sample-services.ts';
import { sampleSnapshot, steadyHistory } from '../admin/sample-traffic.ts';
import { adminFile, commandOutcome } from '../helpers/admin-file.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';

const COUNT = { requests: 120, errors: 6, p50Ms: 2, p95Ms: -1 };

class DrainingServices extends SampleServices {
  override status(): typeof sampleStatus {
    return { ...sampleStatus, status: 'draining' };
  }
}

await t.test('it prints a report, and its exit code says whether the gateway is ready', async (t) => {
  for (const [services, code, words] of [[new SampleServices(), 0, 'is ready'], [new DrainingServices(), 1, 'is shutting down']] as const) {
    const { place } = await startAdmin(t, { services, token: 'the-token-of-the-operator' });
    const file = adminFile(t, place.address.port);
    t.match(await commandOutcome(['status', '-c', file], { SLUICE_ADMIN_TOKEN: 'the-token-of-the-operator' }), [code, words, '']);
    t.match(await commandOutcome(['status', '-c', file]), [1, '', /wants a token: set SLUICE_ADMIN_TOKEN/]);
  }
});

await t.test('with --json, all of it for a program', async (t) => {
  const { place, services } = await startAdmin(t);
  services.traffic.current = sampleSnapshot(Date.UTC(2026, 0, 1), [steadyHistory('a', COUNT)]);
  const [code, out, err] = await commandOutcome(['status', '--json', '-c', adminFile(t, place.address.port)]);
  t.strictSame([code, err], [0, '']);
  t.match(JSON.parse(out), {
    ready: true, verdict: { up: { answer: 'Yes' } }, health: { generation: 4, targets: [{ key: 'app:8000' }] }, certificates: [{ names: ['app.example.com'], daysLeft: 90 }],
    lastMinute: { requests: 120, errors: 6, routes: [{ route: 'a', requests: 120, errors: 6, p50Ms: 2, p95Ms: null }] }, errors: [],
  });
});

await t.test('where as many watch as may, the rest is told, and the gateway is ready all the same', async (t) => {
  const { place } = await startAdmin(t);
  const proxy = await startStranger(t, (request, response) => {
    if (request.url === '/status/stream') response.writeHead(503).end('{"detail":"Too many."}');
    else get({ port: place.address.port, path: request.url, agent: false }, (answer) => answer.pipe(response));
  });
  const file = adminFile(t, proxy.address.port);
  t.match(await commandOutcome(['status', '-c', file]), [0, /is ready[^]*There are no figures of traffic/, '']);
  const [code, out] = await commandOutcome(['status', '--json', '-c', file]);
  t.match([code, JSON.parse(out)], [0, { ready: true, verdict: null, lastMinute: null, errors: null }]);
});
