import t from 'tap';
import { FileReading } from '../../src/config/file-reading.ts';
import { readRoot } from '../../src/config/read-root.ts';
import { Report } from '../../src/config/report.ts';
import { plainOf } from '../../src/config/tree.ts';

function rootOf(text: string): { plain: unknown; errorCount: number } {
  const report = new Report();
  const root = readRoot('a.yaml', { env: { P: '80' }, reading: new FileReading(() => Buffer.from(text)), isInjected: true }, report);
  return { plain: root === null ? null : plainOf(root), errorCount: report.errorCount };
}

await t.test('a file becomes nodes, with its variables put in', async (t) => {
  t.strictSame(rootOf('listen: { http: "${P}" }'), { plain: { listen: { http: '80' } }, errorCount: 0 });
});

await t.test('what is no YAML is null, and reported', async (t) => {
  const { plain, errorCount } = rootOf('listen: [');
  t.equal(plain, null);
  t.ok(errorCount > 0);
});
