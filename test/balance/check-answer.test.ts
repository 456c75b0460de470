import { Readable } from 'node:stream';
import t from 'tap';
import { checkAuthority, judge } from '../../src/balance/check-answer.ts';
import type { CheckResult } from '../../src/balance/check-runs.ts';
import { parseTarget } from '../../src/config/target.ts';
import { compileRegex } from '../../src/lib/regex.ts';
import { upstreamOf } from '../helpers/config-text.ts';

const { health } = upstreamOf('health: { path: /h, status: 200-299 }');

async function verdictOn(status: number, body: Readable, pattern: string | null): Promise<CheckResult> {
  if (health === null) throw new Error('there is a check');
  const checked = health;
  return new Promise((resolve) => judge(status, body, checked, pattern === null ? null : compileRegex(pattern), resolve));
}

await t.test('the status counts first, then the first 64 KiB of the body', async (t) => {
  t.strictSame(await verdictOn(204, Readable.from([]), null), { isGood: true, text: '204 from /h' });
  t.strictSame(await verdictOn(404, Readable.from(['ok']), 'ok'), { isGood: false, text: '404 from /h' });
  t.match(await verdictOn(200, Readable.from([Buffer.from('o'), Buffer.from('k')]), '^ok$'), { isGood: true });
  t.match(await verdictOn(200, Readable.from([Buffer.alloc(65_536, 'x'), Buffer.from('ok')]), 'ok'), { isGood: false });
  const broken = new Readable({ read: () => undefined });
  const verdict = verdictOn(200, broken, 'ok');
  broken.destroy(new Error('cut'));
  t.strictSame(await verdict, { isGood: false, text: '200 from /h, but then cut' });
});

await t.test('the host asked for is that of the target', async (t) => {
  for (const [target, host] of [['api:8000', 'api:8000'], ['api:80', 'api'], ['https://api', 'api'], ['[::1]:81', '[::1]:81'], ['unix:/a', 'localhost']] as const) t.equal(checkAuthority(parseTarget(target)), host);
});
