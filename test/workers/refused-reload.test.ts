import t from 'tap';
import { ConfigError } from '../../src/config/diagnostic.ts';
import { refusedReload } from '../../src/workers/refused-reload.ts';
import { MemoryLogger } from '../admin/sample-services.ts';

await t.test('errors of the configuration are all told, as `sluice check` prints them', async (t) => {
  const diagnostic = { severity: 'error', file: 'gateway.yaml', line: 3, column: 1, width: 4, message: '`rout` is unknown', hint: '', sourceLine: 'rout: []' } as const;
  const logger = new MemoryLogger();
  const result = refusedReload(new ConfigError([diagnostic, diagnostic]), logger);
  t.match(result, { ok: false, reason: 'invalid', diagnostics: [/^gateway\.yaml:3:1: error/, /`rout` is unknown/] });
  t.equal(logger.entries.length, 1);
});

await t.test('anything else is one sentence', async (t) => {
  const result = refusedReload(new Error('https port [::]:443 is in use by another program'), new MemoryLogger());
  t.strictSame(result, { ok: false, reason: 'conflict', error: 'https port [::]:443 is in use by another program', diagnostics: [] });
});
