import t from 'tap';
import { chosen, readSettings } from './settings.ts';

const NAMES = ['small JSON, HTTP/1.1', '1 MB, HTTP/1.1', 'small JSON, HTTP/2'];

await t.test('--only names a part with its commas and may be repeated; without it, all is measured', async (t) => {
  const { only } = readSettings(['--only=1 MB, HTTP/1.1', '--only', 'HTTP/2']);
  t.strictSame(chosen(NAMES, only), ['1 MB, HTTP/1.1', 'small JSON, HTTP/2']);
  t.strictSame(chosen(NAMES, readSettings([]).only), NAMES);
});

await t.test('a name that is not there gets those that are', async (t) => {
  t.throws(() => chosen(NAMES, ['small', '2 MB']), /"2 MB"[^]*small JSON, HTTP\/1\.1\n[^]*small JSON, HTTP\/2/);
  t.throws(() => readSettings(['--peers=nginx,apache']), /--peers: apache is none of nginx, .*sluice/);
  t.throws(() => readSettings(['--fast']), /--fast/);
});

await t.test('a round at 5,000 requests/s has twenty answers beyond its 99.9th percentile', async (t) => {
  const { latencySeconds } = readSettings([]);
  t.ok(5000 * latencySeconds * 0.001 >= 20);
  t.ok(readSettings(['--quick']).latencySeconds < latencySeconds);
});
