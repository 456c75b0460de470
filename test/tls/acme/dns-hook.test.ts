import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { DnsLookup } from '../../../src/tls/acme/txt-watch.ts';
import { DnsHook } from '../../../src/tls/acme/dns-hook.ts';
import { RecordingLogger } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { eventually } from '../../helpers/wait-for.ts';

const VALUE = createHash('sha256').update('token.print').digest('base64url');

/** DNS of one zone with one server that shows these values. */
class FakeZone implements DnsLookup {
  readonly values: string[] = [];
  looks = 0;

  async cname(): Promise<readonly string[]> {
    return [];
  }

  async nameServers(zone: string): Promise<readonly string[]> {
    return zone === 'a.test' ? ['ns.a.test'] : [];
  }

  async addresses(): Promise<readonly string[]> {
    return ['192.0.2.1'];
  }

  async txt(): Promise<readonly string[]> {
    this.looks += 1;
    return this.values;
  }
}

function setUp(t: Test, script: string): { hook: DnsHook; file: string; clock: ManualClock; zone: FakeZone; logger: RecordingLogger } {
  const file = path.join(tempDir(t), 'calls');
  const [clock, zone, logger] = [new ManualClock(), new FakeZone(), new RecordingLogger()];
  const config = { command: ['sh', '-c', script, file], url: null, headers: [], waitMs: 30_000, timeoutMs: 60_000 };
  return { hook: new DnsHook(config, { clock, logger, lookup: zone }), file, clock, zone, logger };
}

await t.test('the record is the digest, under _acme-challenge; done as soon as the name servers show it', async (t) => {
  const { hook, file, clock, zone, logger } = setUp(t, 'echo "$1 $2 $3" >>"$0"');
  const presented = hook.present('dns-01', 'a.test', 'token', 'token.print');
  await eventually(() => zone.looks === 1 && clock.tickers === 2, 5000);
  t.equal(readFileSync(file, 'utf8'), `present _acme-challenge.a.test ${VALUE}\n`);
  zone.values.push('another', VALUE);
  clock.advance(2000);
  await presented;
  t.equal(zone.looks, 2);
  t.equal(clock.tickers, 0);
  t.strictSame(logger.infos, ['the name servers show a record for a CA']);
  await hook.remove('dns-01', 'a.test', 'token', 'token.print');
  t.match(readFileSync(file, 'utf8'), new RegExp(`\\ncleanup _acme-challenge\\.a\\.test ${VALUE}\\n$`));
});

await t.test('where they never show it, the CA is sent to look after the wait', async (t) => {
  const { hook, clock, zone, logger } = setUp(t, 'exit 0');
  let isDone = false;
  const presented = hook.present('dns-01', 'a.test', 'token', 'token.print').finally(() => { isDone = true; });
  await eventually(() => zone.looks === 1, 5000);
  await eventually(() => {
    if (clock.tickers > 0) clock.advance(1000);
    return isDone;
  }, 5000);
  await presented;
  t.ok(clock.monotonicMs() >= 30_000 && clock.monotonicMs() <= 32_000, `${clock.monotonicMs()} ms`);
  t.strictSame(logger.infos, ['a record for a CA was given its time']);
});

await t.test('a hook that fails fails the proof in its own words; a failed clean-up is a warning', async (t) => {
  const { hook, logger } = setUp(t, 'echo "no such zone" >&2; exit 1');
  await t.rejects(hook.present('dns-01', 'a.test', 'token', 'token.print'), { message: 'sh present ended with 1: no such zone' });
  await t.resolves(hook.remove('dns-01', 'a.test', 'token', 'token.print'));
  t.equal(logger.warnings.length, 1);
});

await t.test('calls come one at a time, in order, though the first ones fail', async (t) => {
  const { hook, file, zone } = setUp(t, 'echo "begin" >>"$0"; echo "end" >>"$0"; case $2 in *b.test) exit 1; esac');
  zone.values.push(VALUE);
  const hosts = ['a.test', 'b.test', 'a.test', 'a.test'];
  const results = await Promise.allSettled(hosts.map(async (host) => hook.present('dns-01', host, 'token', 'token.print')));
  t.strictSame(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  t.equal(readFileSync(file, 'utf8'), 'begin\nend\n'.repeat(4));
});
