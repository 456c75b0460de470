import { once } from 'node:events';
import { createServer } from 'node:http';
import t, { type Test } from 'tap';
import type { OnDemandConfig } from '../../src/config/tls-config.ts';
import { OnDemand } from '../../src/tls/on-demand.ts';
import { RecordingLogger } from '../helpers/certificates.ts';
import { portOf } from '../helpers/handshake.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function start(config: Partial<OnDemandConfig>): { readonly onDemand: OnDemand; readonly clock: ManualClock; readonly logger: RecordingLogger } {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  return { clock, logger, onDemand: new OnDemand({ allow: [], ask: null, perHour: 10, ...config }, { clock, logger }) };
}

/** An application that allows the hosts of a list, and what it was asked. */
async function application(t: Test, allowed: readonly string[]): Promise<{ readonly ask: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const domain = new URL(request.url ?? '', 'http://a').searchParams.get('domain') ?? '';
    const status = domain === 'moved.example.com' ? 302 : allowed.includes(domain) ? 200 : 404;
    response.writeHead(status, { location: '/yes?domain=good.example.com' }).end('x'.repeat(100_000));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { ask: `http://127.0.0.1:${portOf(server)}/may-i?x=1`, asked };
}

await t.test('a list decides alone', async (t) => {
  const { onDemand } = start({ allow: ['a.example.com', '*.customers.example.com'] });
  t.ok(await onDemand.allows('a.example.com'));
  t.ok(await onDemand.allows('x.customers.example.com'));
  t.notOk(await onDemand.allows('x.y.customers.example.com'));
  t.notOk(await onDemand.allows('evil.test'));
});

await t.test('an application decides with 200 and nothing else, and is asked once a minute', async (t) => {
  const { ask, asked } = await application(t, ['good.example.com']);
  const { onDemand, clock } = start({ ask });
  t.ok(await onDemand.allows('good.example.com'));
  t.ok(await onDemand.allows('good.example.com'));
  t.notOk(await onDemand.allows('bad.example.com'));
  t.notOk(await onDemand.allows('bad.example.com'));
  t.notOk(await onDemand.allows('moved.example.com'), 'a redirect is no yes');
  t.strictSame(asked, ['good', 'bad', 'moved'].map((host) => `/may-i?x=1&domain=${host}.example.com`));
  clock.advance(60_000);
  await onDemand.allows('good.example.com');
  t.equal(asked.length, 4);
});

await t.test('where there are both, both must agree', async (t) => {
  const { ask, asked } = await application(t, ['a.example.com', 'evil.test']);
  const { onDemand } = start({ ask, allow: ['*.example.com'] });
  t.ok(await onDemand.allows('a.example.com'));
  t.notOk(await onDemand.allows('b.example.com'));
  t.notOk(await onDemand.allows('evil.test'));
  t.equal(asked.length, 2, 'what the list has not is not asked for');
});

await t.test('threat: an application that is gone, and no list, is a no', async (t) => {
  const { onDemand, logger } = start({ ask: 'http://127.0.0.1:1/' });
  t.notOk(await onDemand.allows('a.example.com'));
  t.match(logger.warnings, [/nobody could be asked/]);
  t.notOk(await start({}).onDemand.allows('a.example.com'));
});

await t.test('threat: a flood of names asks twenty questions at a time and orders ten an hour', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const slow = async (): Promise<Response> => {
    asked += 1;
    await promise;
    return new Response(null, { status: 200 });
  };
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const onDemand = new OnDemand({ allow: [], ask: 'http://app.test/', perHour: 10 }, { clock, logger, fetch: slow });
  const answers = Array.from({ length: 100 }, async (_, i) => onDemand.allows(`host-${i}.example.com`));
  t.equal(asked, 20);
  resolve();
  t.equal((await Promise.all(answers)).filter(Boolean).length, 20);
  t.equal(Array.from({ length: 50 }, (_, i) => onDemand.takeOrder(`host-${i}.example.com`)).filter(Boolean).length, 10);
  t.strictSame(logger.warnings, ['no more certificates are ordered on demand within this hour'], 'told once');
  clock.advance(3_600_000);
  t.ok(onDemand.takeOrder('late.example.com'));
});
