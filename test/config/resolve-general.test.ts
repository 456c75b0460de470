import t from 'tap';
import { availableParallelism } from 'node:os';
import { configOf, loadText } from '../helpers/config-text.ts';

await t.test('a file that says nothing gets the documented defaults', async (t) => {
  const config = configOf('');
  t.strictSame(
    { workers: config.workers, trustedProxies: config.trustedProxies, log: config.log, drainTimeoutMs: config.drainTimeoutMs },
    { workers: 1, trustedProxies: [], log: { level: 'info' }, drainTimeoutMs: 9000 },
  );
});

await t.test('every option has its short and its long form', async (t) => {
  t.equal(configOf('workers: auto').workers, Math.min(64, availableParallelism()));
  t.equal(configOf('log: { level: debug }').log.level, 'debug');
  t.strictSame(configOf('trustedProxies: [10.0.0.0/8, "::1"]').trustedProxies, ['10.0.0.0/8', '::1/128']);
});

await t.test('what is probably not meant is warned of', async (t) => {
  const { warnings } = loadText('trustedProxies: [10.0.0.0/8, 0.0.0.0/0]');
  t.match(warnings, [{ severity: 'warning', line: 1, column: 30, message: /trusts every client/ }]);
});
