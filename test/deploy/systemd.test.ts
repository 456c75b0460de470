import { spawnSync } from 'node:child_process';
import t from 'tap';
import { requireService } from '../helpers/service.ts';

const FOLDER = new URL('../../config/deploy/systemd/', import.meta.url).pathname;
const UNITS = ['sluice.service', 'sluice.socket'];
/** Of 10; systemd calls below 2 OK, and the average service has 9. */
const EXPOSURE_MAX = 20;

await t.test('systemd takes the units, and finds the service well shut in', async (t) => {
  const analyze = requireService(t, 'systemd-analyze');
  if (analyze === null) return;
  const verified = spawnSync(analyze, ['verify', ...UNITS], { cwd: FOLDER, encoding: 'utf8' });
  t.strictSame([verified.status, verified.stderr], [0, '']);
  const security = spawnSync(analyze, ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, 'sluice.service'], { cwd: FOLDER, encoding: 'utf8' });
  t.equal(security.status, 0, security.stdout.slice(-200));
});
