import t from 'tap';
import { Report } from '../../src/config/report.ts';
import { Source } from '../../src/config/source.ts';
import { Substitution } from '../../src/config/substitute.ts';
import { type Validated, validate } from '../../src/config/validate.ts';
import { parseYaml } from '../../src/config/yaml.ts';

function validated(text: string, env: Readonly<Record<string, string>> = {}): Validated & { errorCount: number } {
  const report = new Report();
  const root = parseYaml(new Source('a.yaml', text), new Substitution(env, undefined, report), report);
  if (root === null) throw new Error('not YAML');
  return { ...validate(root, report), errorCount: report.errorCount };
}

const HEAD = 'listen: { http: 80 }\n';

await t.test('a part is sound where it and all below it are valid', async (t) => {
  const { isSound, errorCount } = validated(`${HEAD}workers: 1\nroutes:\n  - { path: x, upstream: a }\n  - { path: /x, upstream: a }\n`);
  t.equal(errorCount, 1);
  t.strictSame([isSound('routes', 0, 'path'), isSound('routes', 0), isSound('routes')], [false, false, false]);
  t.strictSame([isSound('routes', 0, 'upstream'), isSound('routes', 1), isSound('workers')], [true, true, true]);
});

await t.test('a variable takes the type that is wanted, other values do not', async (t) => {
  const routes = 'routes: [{ respond: {} }]\n';
  t.equal(validated(`${HEAD}${routes}workers: "\${N}"`, { N: '3' }).raw.workers, 3);
  t.equal(validated(`${HEAD}${routes}workers: "3"`).errorCount, 1);
  t.equal(validated(`${HEAD}${routes}workers: "\${N}"`, { N: 'three' }).errorCount, 1);
});
