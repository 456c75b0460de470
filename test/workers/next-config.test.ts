import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/diagnostic.ts';
import { FileReading } from '../../src/config/file-reading.ts';
import { nextConfig } from '../../src/workers/next-config.ts';
import { configOf } from '../helpers/config-text.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('the file is read anew: what is right is taken, what is odd is warned of, what is wrong is thrown', async (t) => {
  const file = path.join(tempDir(t), 'gateway.yaml');
  const warnings: string[] = [];
  const logger = { warn: (message: string) => void warnings.push(message) };
  const read = (more: string) => {
    writeFileSync(file, `listen: { http: 80 }\nroutes: [{ respond: {} }]\n${more}`);
    return nextConfig(configOf(''), { file, env: {}, logger }, new FileReading());
  };
  t.equal(read('log: { level: debug }').config.log.level, 'debug');
  t.strictSame(warnings, []);
  read('trustedProxies: [0.0.0.0/0]');
  t.match(warnings, [/trusts every client/]);
  t.throws(() => read('workers: none'), ConfigError);
  t.throws(() => read('workers: 3'), { message: 'workers: 1 → 3 needs a restart.' });
  t.throws(() => read('rateLimits: { keys: 2048 }'), { message: 'rateLimits.keys: 65536 → 2048 needs a restart.' });
});
