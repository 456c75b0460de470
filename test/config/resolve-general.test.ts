import t from 'tap';
import path from 'node:path';
import { availableParallelism } from 'node:os';
import { checkBroken, configOf, loadText } from '../helpers/config-text.ts';

await t.test('a file that says nothing gets the documented defaults', async (t) => {
  const config = configOf('');
  t.strictSame(
    { workers: config.workers, trustedProxies: config.trustedProxies, log: config.log, accessLog: config.accessLog, tls: config.tls, drainTimeoutMs: config.drainTimeoutMs },
    { workers: 1, trustedProxies: [], log: { level: 'info' }, accessLog: { format: 'auto' }, tls: { certificates: [], storeDir: path.resolve('certs') }, drainTimeoutMs: 9000 },
  );
});

await t.test('every option has its short and its long form', async (t) => {
  t.equal(configOf('workers: auto').workers, Math.min(64, availableParallelism()));
  t.equal(configOf('accessLog: json').accessLog.format, 'json');
  t.equal(configOf('accessLog: { format: pretty }').accessLog.format, 'pretty');
  t.equal(configOf('accessLog: {}').accessLog.format, 'auto');
  t.equal(configOf('log: { level: debug }').log.level, 'debug');
  t.equal(configOf('tls: { store: /var/lib/sluice }').tls.storeDir, '/var/lib/sluice');
  t.strictSame(configOf('trustedProxies: [10.0.0.0/8, "::1"]').trustedProxies, ['10.0.0.0/8', '::1/128']);
});

await t.test('certificate files are found from the folder of the file, and must be readable', async (t) => {
  const files = { '/etc/sluice/a.pem': 'x', '/k.pem': 'y' };
  const { tls } = configOf('listen: { https: 443 }\ntls: { certificates: [{ cert: a.pem, key: /k.pem }] }', { files });
  t.strictSame(tls.certificates, [{ certFile: '/etc/sluice/a.pem', keyFile: '/k.pem' }]);
  checkBroken(t, [['tls: { certificates: [{ cert: a.pem, key: »b.pem }] }', 'cannot be read: there is no such file', '/etc/sluice']], { files });
});

await t.test('what is probably not meant is warned of', async (t) => {
  const { warnings } = loadText('trustedProxies: [10.0.0.0/8, 0.0.0.0/0]\ntls: { certificates: [{ cert: a, key: a }] }', { files: { '/etc/sluice/a': '' } });
  t.match(warnings, [
    { severity: 'warning', line: 1, column: 30, message: /trusts every client/ },
    { severity: 'warning', line: 2, column: 8, message: /`listen` has no `https`/ },
  ]);
});
