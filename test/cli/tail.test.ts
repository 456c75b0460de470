import t, { type Test } from 'tap';
import { tail } from '../../src/cli/tail.ts';
import type { CommandOptions } from '../../src/cli/command-options.ts';
import { adminFile, commandOutcome, moveAdmin } from '../helpers/admin-file.ts';
import { startAdmin, type SampleGateway } from '../helpers/admin-place.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { recentRequest } from '../helpers/recent-request.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Given extends SampleGateway {
  readonly file: string;
  readonly terminal: MemoryTerminal;
  readonly clock: ManualClock;
  readonly over: Promise<number>;
  /** Requests that end now. */
  readonly tell: (ids: readonly string[], missed?: number) => void;
  /** The ids of the requests that were printed. */
  readonly ids: () => string[];
}

/** @param before requests that ended before, the youngest first. */
async function start(t: Test, options: Partial<CommandOptions> = {}, before: readonly string[] = []): Promise<Given> {
  const gateway = await startAdmin(t);
  const { requests } = gateway.services;
  requests.answer = async () => ({ requests: before.map((requestId) => recentRequest({ requestId })), silentWorkers: [] });
  const [terminal, clock] = [new MemoryTerminal(), new ManualClock()];
  const file = adminFile(t, gateway.place.address.port);
  const over = tail(file, terminal, { json: false, filter: {}, last: null, ...options }, clock);
  t.teardown(() => terminal.session.end());
  await eventually(() => requests.followers.size === 1 && (options.last === '0' || requests.asked.length === 2), 20_000);
  return {
    ...gateway, file, terminal, clock, over,
    tell(ids, missed = 0) {
      for (const follower of requests.followers) follower({ requests: ids.map((requestId) => recentRequest({ requestId })), missed });
    },
    ids: () => terminal.printed.split('\n').slice(0, -1).map((line) => line.slice(line.lastIndexOf(' ') + 1)),
  };
}

await t.test('the last requests come first, the oldest of them on top, then those that end from now on, each once', async (t) => {
  const { terminal, tell, ids, over } = await start(t, {}, ['id-3', 'id-2', 'id-1']);
  await eventually(() => ids().length === 3, 20_000);
  tell(['id-3', 'id-4']);
  tell(['id-5']);
  await eventually(() => ids().length === 5, 20_000);
  t.strictSame(ids(), ['id-1', 'id-2', 'id-3', 'id-4', 'id-5']);
  terminal.session.end();
  t.equal(await over, 0);
  t.strictSame([terminal.complained, terminal.session.isClosed], ['', true]);
});

await t.test('filters and the number of the last ones are what the gateway is asked for', async (t) => {
  const { services: { requests } } = await start(t, { filter: { route: 'a/*', status: '5XX', code: 'upstream_reset', slow: '1s500ms', client: '192.0.2.7' }, last: '7' });
  const filter = { route: 'a/*', status: [500, 599], code: 'upstream_reset', slowMs: 1500, client: '192.0.2.7' };
  t.strictSame(requests.asked, [filter, filter]);
  const none = await start(t, { last: '0' }, ['id-1']);
  none.tell(['id-2']);
  await eventually(() => none.ids().length === 1, 20_000);
  t.strictSame([none.services.requests.asked.length, none.ids()], [1, ['id-2']]);
});

await t.test('with --json each line is an object', async (t) => {
  const { terminal, tell } = await start(t, { json: true });
  tell(['\u001b[2J']);
  await eventually(() => terminal.printed !== '', 20_000);
  t.strictSame(JSON.parse(terminal.printed), recentRequest({ requestId: '\u001b[2J' }));
  t.notMatch(terminal.printed, '\u001b');
});

await t.test('what went by too fast is said, once a second at most, and at the end', async (t) => {
  const { terminal, tell, clock, ids, over } = await start(t);
  tell(['id-1'], 7);
  tell(['id-2'], 5);
  await eventually(() => ids().length === 2, 20_000);
  t.equal(terminal.complained, '');
  clock.advance(1000);
  t.equal(terminal.complained, 'sluice: 12 requests went by too fast to be shown.\n');
  clock.advance(5000);
  tell(['id-3'], 1);
  await eventually(() => ids().length === 3, 20_000);
  terminal.session.end();
  await over;
  t.equal(terminal.complained, 'sluice: 12 requests went by too fast to be shown.\nsluice: 1 request went by too fast to be shown.\n');
  t.equal(clock.tickers, 0);
});

await t.test('a restart of the gateway is lived through', async (t) => {
  const { terminal, server, services, place, clock, ids, tell } = await start(t, {}, ['id-1']);
  await eventually(() => ids().length === 1, 20_000);
  await server.retire();
  const at = `127.0.0.1:${place.address.port}`;
  const lost = `sluice: the connection to ${at} is lost; it is tried again until it is back.\n`;
  await eventually(() => terminal.complained === lost, 20_000);
  await startAdmin(t, { port: place.address.port, services });
  await eventually(() => {
    clock.advance(1000);
    return terminal.complained !== lost;
  }, 20_000);
  t.equal(terminal.complained, `${lost}sluice: connected to ${at} again; requests of the time between are not shown.\n`);
  tell(['id-2']);
  await eventually(() => ids().length === 2, 20_000);
  t.strictSame(ids(), ['id-1', 'id-2'], 'the last ones are not told again');
});

await t.test('a reload that moves the admin listener is lived through', async (t) => {
  const { file, terminal, server, services, place, clock, ids, tell } = await start(t);
  const next = await startAdmin(t, { services });
  moveAdmin(file, next.place.address.port);
  await server.retire();
  await eventually(() => {
    clock.advance(1000);
    return terminal.complained.includes('again;');
  }, 20_000);
  t.match(terminal.complained, `sluice: the connection to 127.0.0.1:${place.address.port} is lost`);
  t.match(terminal.complained, `sluice: connected to 127.0.0.1:${next.place.address.port} again`);
  tell(['id-1']);
  await eventually(() => ids().length === 1, 20_000);
});

await t.test('a worker that does not answer is named', async (t) => {
  const { place, services } = await startAdmin(t);
  services.requests.answer = async () => ({ requests: [], silentWorkers: [2, 3] });
  const terminal = new MemoryTerminal();
  const over = tail(adminFile(t, place.address.port), terminal, { json: false, filter: {}, last: null });
  await eventually(() => /worker 2, 3 are missing/.test(terminal.complained), 20_000);
  terminal.session.end();
  t.equal(await over, 0);
});

await t.test('it can be ended while the last requests are still awaited', async (t) => {
  const { place, services } = await startAdmin(t);
  const asked = Promise.withResolvers<never>();
  services.requests.answer = async () => asked.promise;
  const terminal = new MemoryTerminal();
  const over = tail(adminFile(t, place.address.port), terminal, { json: false, filter: {}, last: null });
  await eventually(() => services.requests.asked.length === 2, 20_000);
  terminal.session.end();
  t.strictSame([await over, terminal.complained], [0, '']);
});

await t.test('what is not understood asks nobody; where nobody answers it ends', async (t) => {
  const cases: readonly (readonly [args: string[], words: RegExp])[] = [
    [['--status', '6xx'], /`--status 6xx` is not right: give a status such as 404, or a class such as 5xx\.\n/],
    [['--slow', '500'], /needs a unit/],
    [['--last', '1001'], /give a number from 0 to 1000/],
    [['--last=-1'], /give a number from 0 to 1000/],
  ];
  for (const [args, words] of cases) t.match(await commandOutcome(['tail', '-c', adminFile(t, 'off'), ...args]), [2, '', words], args.join(' '));
  const { place, server } = await startAdmin(t);
  await server.close();
  t.match(await commandOutcome(['tail', '-c', adminFile(t, place.address.port)]), [1, '', /^sluice: no Sluice answers at 127\.0\.0\.1:/]);
});
