import t, { type Test } from 'tap';
import { askNewcomers } from '../../src/balance/newcomers.ts';
import type { WatchedUpstream } from '../../src/balance/health-check.ts';
import { createSlotMemory } from '../../src/lib/slots.ts';
import { Fleet } from '../../src/balance/fleet.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

function watched(targets: readonly string[], options = 'hold: off'): WatchedUpstream {
  const config = upstreamOf(options, JSON.stringify(targets));
  const members = config.targets.map((target, i) => ({ key: target.name, target, address: target.host, port: target.port, slot: i + 1 }));
  return { config, slot: 0, members: members.filter(({ address }) => address !== 'name.invalid') };
}

async function well(t: Test, status = 200): Promise<string> {
  const upstream = await startRawUpstream(answerWith(`HTTP/1.1 ${status} X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, { end: true }));
  t.teardown(async () => upstream.close());
  return upstream.target;
}

/** With a clock that runs as long as somebody waits. */
async function ask(next: readonly WatchedUpstream[], before: readonly WatchedUpstream[] = [], stepMs = 1): Promise<{ warnings: readonly string[]; tookMs: number; tickers: number }> {
  const clock = new ManualClock();
  let warnings: readonly string[] | null = null;
  const asking = async (): Promise<void> => {
    warnings = await askNewcomers(next, before, clock);
  };
  void asking();
  await eventually(() => {
    if (warnings === null) clock.advance(stepMs);
    return warnings !== null;
  }, 20_000);
  return { warnings: warnings ?? [], tookMs: clock.monotonicMs(), tickers: clock.tickers };
}

await t.test('who is new and takes no connection is named, with the reason', async (t) => {
  const refusing = `127.0.0.1:${await refusingPort()}`;
  const { warnings, tickers } = await ask([watched([await well(t), refusing])]);
  t.strictSame(warnings, [`upstream api: the new target ${refusing} does not answer: connection refused`]);
  t.equal(tickers, 0);
});

await t.test('who has a health check is asked by it, once', async (t) => {
  const health = 'health: { path: /up, fall: 5 }';
  const [good, bad] = [await well(t), await well(t, 503)];
  t.strictSame((await ask([watched([good, bad], health)])).warnings, [`upstream api: the new target ${bad} does not answer: 503 from /up`]);
});

await t.test('who takes a connection and not the handshake does not answer', async (t) => {
  const plain = await startRawUpstream((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.teardown(async () => plain.close());
  t.match((await ask([watched([`https://${plain.target}`])])).warnings, [/does not answer: .+/]);
});

await t.test('all together have two seconds', async (t) => {
  const silent = await startRawUpstream(() => undefined);
  t.teardown(async () => silent.close());
  const upstream = watched([silent.target], 'health: { path: / }');
  const members = Array.from({ length: 30 }, (_, i) => ({ ...upstream.members[0]!, key: `${i}` }));
  const { warnings, tookMs } = await ask([{ ...upstream, members }], [], 50);
  t.equal(warnings.filter((warning) => warning.endsWith('no answer within 2 s')).length, 20);
  t.equal(tookMs, 2000);
});

await t.test('who was there before is not asked; another way to reach it is somebody new', async (t) => {
  const refusing = `127.0.0.1:${await refusingPort()}`;
  const before = [watched([refusing])];
  t.strictSame((await ask([watched([refusing], 'retry: { attempts: 1 }')], before)).warnings, []);
  t.match((await ask([watched([`https://${refusing}`])], before)).warnings, [/does not answer/]);
});

await t.test('a new target without an address is named; one that had none before is not', async (t) => {
  const next = [watched(['name.invalid:80', await well(t)])];
  t.strictSame((await ask(next)).warnings, ['upstream api: the new target name.invalid:80 has no address']);
  t.strictSame((await ask(next, next)).warnings, []);
});

await t.test('threat: hundreds of targets cost neither hundreds of lines nor thousands of sockets', async (t) => {
  const port = await refusingPort();
  const targets = (group: number): string[] => Array.from({ length: 150 }, (_, i) => `127.0.${group}.${i + 1}:${port}`);
  const { warnings } = await ask([watched(targets(1)), watched(targets(2))]);
  t.equal(warnings.length, 22);
  t.match(warnings.slice(20), ['236 more new targets do not answer', 'only 256 of 300 new targets were asked whether they answer']);
});

await t.test('the fleet knows who is new since which generation', async (t) => {
  const clock = new ManualClock();
  const fleet = new Fleet({ memory: createSlotMemory(1, clock.now()), clock, logger: new MemoryLogger(), onMembers: () => undefined });
  t.teardown(() => fleet.close());
  const refusing = [`127.0.0.1:${await refusingPort()}`, `127.0.0.1:${await refusingPort()}`];
  const first = await fleet.prepare([upstreamOf('hold: off', JSON.stringify(refusing.slice(0, 1)))]);
  const second = await fleet.prepare([upstreamOf('hold: off', JSON.stringify(refusing))]);
  t.match(await fleet.askNew(second, first), [new RegExp(refusing[1] ?? '')]);
  t.strictSame(await fleet.askNew(second, second), []);
});
