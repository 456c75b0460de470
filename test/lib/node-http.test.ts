import { execFileSync } from 'node:child_process';
import http from 'node:http';
import t from 'tap';
import * as ours from '../../src/lib/node-http.ts';

await t.test('it is the module itself, without the web client that an import of it loads', async (t) => {
  t.strictSame(Object.entries(ours).filter(([name, value]) => Reflect.get(http, name) !== value), []);
  const file = new URL('../../src/lib/node-http.ts', import.meta.url).href;
  const script = `await import(${JSON.stringify(file)}); console.log(process.moduleLoadList.some((name) => name.endsWith('undici/undici')))`;
  const { NODE_OPTIONS: _left, ...env } = process.env;
  t.equal(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env }).trim(), 'false');
});
