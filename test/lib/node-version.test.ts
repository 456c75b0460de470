import t from 'tap';
import { readFileSync } from 'node:fs';
import { faultOfNode } from '../../src/lib/node-version.ts';

await t.test('an older Node.js is told what it lacks, and the package says the same', async (t) => {
  t.strictSame(['24.0.0', '26.1.0', '100.0.0'].map(faultOfNode), [null, null, null]);
  t.match(faultOfNode('22.19.0'), /^sluice: this is Node\.js 22\.19\.0; it takes Node\.js 24 or newer\.\n$/);
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { engines: { node: string } };
  t.equal(engines.node, '>=24');
});
