import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parseSource, readTree, type SourceFile } from './helpers/source-tree.ts';
import * as law from './helpers/tidy-file.ts';
import * as tree from './helpers/tidy-tree.ts';

const root = path.join(import.meta.dirname, '..');
const src = readTree(root, 'src');
const test = readTree(root, 'test');

/** Where a process or a thread begins. */
const ENTRIES = ['src/main.ts', 'src/config/reference-main.ts', 'src/observe/metrics/reference-main.ts', 'src/admin/reference-main.ts'];

/** Folders of tests of the whole, which mirror no file of src. */
const FREE_TESTS = ['test/chaos/', 'test/deploy/', 'test/examples/', 'test/threats/', 'test/streams/', 'test/reload/', 'test/bench/', 'test/helpers/'];

/** The command line reads the environment and hands it on; the configuration substitutes from what it is handed. */
const READS_ENVIRONMENT = /^src\/(main\.ts|cli\/|config\/)/;

/** Files of src/policy that are no policy. */
const POLICY_FRAME = new Set([
  'src/policy/authentication.ts', 'src/policy/chain.ts', 'src/policy/credential-file.ts', 'src/policy/order.ts', 'src/policy/pipeline.ts',
  'src/policy/policy.ts', 'src/policy/request-key.ts', 'src/policy/route-policies.ts',
]);

/** Packages that may be imported in several files. */
const SHARED_PACKAGES = new Map([
  ['fastify', 'the pipeline is made of its types: routes, hooks, requests, replies'],
]);

/** A file that may break a rule, and why. One that need not is reported. */
type Exceptions = Readonly<Record<string, string>>;

const MEANT = {
  time: {
    'src/lib/clock.ts': 'is the Clock',
  },
  sleep: {
    'test/helpers/wait-for.ts': 'is the one place that polls',
  },
  dependency: {},
  mirror: {
    'src/main.ts': 'a thin entry, run by the tests of cli',
    'src/config/reference-main.ts': 'a thin entry around the reference',
    'src/observe/metrics/reference-main.ts': 'a thin entry around the list of metrics',
    'src/admin/reference-main.ts': 'a thin entry around the description of the admin API',
    'src/cli/help.ts': 'a text, which the test of the command line reads',
    'src/cli/version.ts': 'one line, which the test of the command line runs',
    'src/config/policies/policy-kind.ts': 'types, and a function that gives back what it gets',
    'src/config/policies/policy-kinds.ts': 'a list, read by the tests of the order and of each policy',
    'src/policy/policy.ts': 'types, and a function that gives back what it gets',
    'src/workers/messages.ts': 'types, and one name',
    'src/workers/worker-main.ts': 'a thin entry, run by the test of the worker thread',
  },
} as const satisfies Record<string, Exceptions>;

/** Passes where there is no breach, and else fails once for each, so that the output is a list to work through. */
function check(t: Test, rule: string, findings: readonly law.Finding[], exceptions: Exceptions = {}): void {
  const breaches = findings.filter((finding) => exceptions[finding.path] === undefined);
  const needless = Object.keys(exceptions).filter((file) => findings.every((finding) => finding.path !== file));
  const report = [
    ...breaches.map((finding) => `${finding.path}:${finding.line}: ${finding.text}`),
    ...needless.map((file) => `test/tidy.test.ts:1: the exception of ${file} is needless: remove it`),
  ];
  for (const line of report) t.fail(`${line} [${rule}]`, { diagnostic: false });
  if (report.length === 0) t.pass(rule);
}

function every(files: readonly SourceFile[], rule: law.FileRule): law.Finding[] {
  return files.flatMap((file) => rule(file));
}

function badNames(file: string): number {
  return law.fileName(parseSource(file, '')).length;
}

function made(files: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(files).map(([file, text]) => parseSource(file, text));
}

function lines(findings: readonly law.Finding[]): string[] {
  return findings.map((finding) => `${finding.path}:${finding.line}`);
}

await t.test('the law, file by file', async (t) => {
  const all = [...src, ...test];
  check(t, 'a file has one noun and fits on a few screens', every(src, law.fileLength));
  check(t, 'a name is kebab-case and says something', every(all, law.fileName));
  check(t, 'exports have names', every(src, law.namedExports));
  check(t, 'there are no barrels', every(src, law.noBarrel));
  check(t, 'a function fits on one screen', every(src, law.functionLength));
  check(t, 'a comment is short', every(all, law.commentLength));
  check(t, 'nothing is left for later', every(all, law.noUnfinishedWork));
  check(t, 'no check is switched off', every(all, law.noSuppression));
  check(t, 'time comes from the Clock', every(src, law.noSystemTime), MEANT.time);
  check(t, 'the environment is read in one place', every(src.filter(({ path: file }) => !READS_ENVIRONMENT.test(file)), law.noEnvironment));
  check(t, 'an entry is found in the build too', every(src, law.entryInBuild));
  check(t, 'what lies beside the code is found in the build too', every(src, law.placeInBuild));
  check(t, 'a start loads no web client', every(src, law.noHttpImport));
  check(t, 'no test sleeps', every(test, law.noSleep), MEANT.sleep);
});

await t.test('the law of the whole', async (t) => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as tree.Manifest;
  const page = path.join(root, 'src/README.md');
  const readme = existsSync(page) ? readFileSync(page, 'utf8') : '';
  check(t, 'a file imports only from its own layer or a lower one', tree.layerOrder(src));
  check(t, 'a policy knows no other policy', tree.policiesApart(src, POLICY_FRAME));
  check(t, 'imports have no cycle', tree.noCycle(src));
  check(t, 'no file is dead', tree.noDeadFile(src, ENTRIES));
  check(t, 'no export is dead', tree.noDeadExport(src, test));
  check(t, 'every file with logic has its test', tree.mirrorInTest(src, test), MEANT.mirror);
  check(t, 'every test mirrors a file', tree.testOfSomething(src, test, FREE_TESTS));
  check(t, 'a dependency has one place and a reason', tree.fewDependencies(src, manifest, SHARED_PACKAGES, readme), MEANT.dependency);
});

await t.test('what tap leaves out of the folders runs together, and the other way round', async (t) => {
  const excluded = [...readFileSync(path.join(root, '.taprc'), 'utf8').matchAll(/"(test\/.+)\/!\(\*\.fuzz\|\*\.stress\)\.test\.ts"/g)].map(([, folder = '']) => folder);
  const together = globSync('test/**/together.ts', { cwd: root }).map((file) => path.dirname(file)).filter((folder) => folder !== 'test/helpers');
  t.strictSame(excluded.toSorted(), together.toSorted());
});

await t.test('each rule for a file catches a breach and passes what is right', async (t) => {
  const cases: readonly (readonly [rule: law.FileRule, line: number, wrong: string, right: string])[] = [
    [law.fileLength, 251, 'f();\n'.repeat(251), 'f();\n'.repeat(250)],
    [law.namedExports, 2, '\nexport default 1;', 'export const one = 1;'],
    [law.namedExports, 1, "export * from './b.ts'; f();", "export { b } from './b.ts';"],
    [law.noBarrel, 1, "import { c } from './c.ts';\nexport { b } from './b.ts';\nexport { c };", "export { b } from './b.ts';\nexport const d = 1;"],
    [law.functionLength, 2, `\nconst f = () => {${'\n'.repeat(70)}};`, `\nconst f = () => {${'\n'.repeat(69)}};`],
    [law.functionLength, 1, `class A { b() {${'\n'.repeat(70)}} }`, `class A { b() {${'\n'.repeat(60)}}\n c() {${'\n'.repeat(60)}} }`],
    [law.commentLength, 1, '// a\n// b\n// c\n// d\n// e', '// a\n// b\n\n// c\nf(); // d\n// e'],
    [law.commentLength, 1, `/*${'\n'.repeat(4)}*/`, `/**${'\n'.repeat(9)}*/`],
    [law.noUnfinishedWork, 3, '/**\n * a\n * TODO b\n */', "const mark = 'TODO';"],
    [law.noSuppression, 1, '// @ts-expect-error: it works', "const mark = '@ts-expect-error';"],
    [law.noSystemTime, 1, 'const a = Date.now();', 'const a = clock.now();'],
    [law.noSystemTime, 1, 'globalThis.setTimeout(f, 1);', 'socket.setTimeout(1);'],
    [law.noSystemTime, 1, 'const a = new Date();', 'const a = new Date(nowMs);'],
    [law.noSystemTime, 1, "import { setTimeout as wait } from 'node:timers/promises';", "import { setImmediate } from 'node:timers';"],
    [law.noEnvironment, 1, "const a = process['env'].HOME;", 'const a = options.env.HOME;'],
    [law.noEnvironment, 1, "import { env } from 'node:process';", "import { exit } from 'node:process';"],
    [law.placeInBuild, 1, "import './b.ts'; f('page/', import.meta.url);", "import './b.ts'; f('../lib/page/', import.meta.url);"],
    [law.entryInBuild, 1, "import './b.ts';\nf('./c.ts');", "import './b.ts';\nf(built ? './c.js' : './c.ts');"],
    [law.noHttpImport, 2, "\nimport { request } from 'node:http';", "import type { Server } from 'node:http';"],
    [law.noSleep, 2, 'await new Promise((go) =>\n  setTimeout(go, 9));', 'await new Promise((go, fail) => { setTimeout(fail, 9); f(go); });'],
    [law.noSleep, 1, 'await new Promise((go) => { setTimeout(() => go(1), 9); });', 'setTimeout(() => response.end(), 9);'],
  ];
  for (const [rule, line, wrong, right] of cases) {
    t.strictSame(rule(parseSource('src/lib/a.ts', wrong)).map((finding) => finding.line), [line], `${rule.name}: ${wrong.slice(0, 60)}`);
    t.strictSame(rule(parseSource('src/lib/a.ts', right)), [], `${rule.name} allows: ${right.slice(0, 60)}`);
  }
  t.strictSame(['src/lib/cidrMatch.ts', 'src/lib/utils.ts', 'test/My_test.test.ts'].map(badNames), [1, 1, 1], 'fileName');
  t.strictSame(['src/lib/cidr-match.ts', 'test/helpers/temp-dir.ts', 'test/tidy.test.ts'].map(badNames), [0, 0, 0], 'fileName allows');
});

await t.test('each rule for the whole catches a breach and passes what is right', async (t) => {
  const files = made({
    'src/main.ts': "import { a } from './cli/run.ts';\nnew Worker(new URL('./workers/entry.ts', import.meta.url));",
    'src/cli/run.ts': "import { b } from '../lib/b.ts';\nexport const a = b;",
    'src/workers/entry.ts': "import 'undici';\nimport 'yaml/x';",
    'src/lib/b.ts': "import { a } from '../cli/run.ts';\nexport const b = a, c = 1;",
    'src/lib/types.ts': 'export interface Lonely { a: 1 }',
    'src/policy/jwt.ts': "import '../lib/types.ts';\nimport './cors.ts';\nimport './order.ts';",
  });
  const tests = made({
    'test/cli/run.test.ts': "import { c } from '../../src/lib/b.ts';\nconst d = await import('../../src/lib/types.ts');",
    'test/cli/run.signals.test.ts': '',
    'test/cli/old.test.ts': '',
    'test/whole/a.test.ts': '',
  });
  t.strictSame(lines(tree.layerOrder(files)), ['src/lib/b.ts:1']);
  t.strictSame(lines(tree.layerOrder(made({ 'src/odd/a.ts': "import '../../test/a.ts';" }))), ['src/odd/a.ts:1', 'src/odd/a.ts:1']);
  t.strictSame(lines(tree.policiesApart(files, new Set(['src/policy/order.ts']))), ['src/policy/jwt.ts:2']);
  const parts = made({ 'src/policy/jwt.ts': "import './jwt/keys.ts';", 'src/policy/jwt/keys.ts': "import '../cors/origins.ts';" });
  t.strictSame(lines(tree.policiesApart(parts, new Set())), ['src/policy/jwt/keys.ts:1']);
  t.strictSame(lines(tree.noCycle(files)), ['src/lib/b.ts:1']);
  t.strictSame(lines(tree.noDeadFile(files, ['src/main.ts'])), ['src/lib/types.ts:1', 'src/policy/jwt.ts:1']);
  t.strictSame(lines(tree.noDeadExport(files, tests)), []);
  t.strictSame(lines(tree.noDeadExport(files, [])), ['src/lib/b.ts:2', 'src/lib/types.ts:1']);
  t.strictSame(lines(tree.mirrorInTest(files, tests)), ['src/main.ts:1', 'src/workers/entry.ts:1', 'src/lib/b.ts:1', 'src/policy/jwt.ts:1']);
  t.strictSame(lines(tree.testOfSomething(files, tests, ['test/whole/'])), ['test/cli/old.test.ts:1']);
  const dependencies = { yaml: '1', ajv: '1' };
  const few = tree.fewDependencies(files, { dependencies }, new Map(), 'We use `yaml`.');
  t.match(few.map(({ text }) => text), [/"ajv" is imported nowhere/, /"ajv" is not in src\/README.md/, /"undici", which is no dependency/]);
  const twice = made({ 'src/a.ts': "import 'yaml';", 'src/b.ts': "import 'yaml';" });
  t.match(tree.fewDependencies(twice, { dependencies: { yaml: '1' } }, new Map(), '`yaml`'), [{ text: /in src\/a.ts, src\/b.ts: keep it in one/ }]);
  t.strictSame(tree.fewDependencies(twice, { dependencies: { yaml: '1' } }, new Map([['yaml', 'why not']]), '`yaml`'), []);
  const types = made({ 'src/a.ts': "import type { A } from 'yaml';\nimport { type B, c } from 'yaml';" });
  t.match(tree.fewDependencies(types, { dependencies: {}, devDependencies: { yaml: '1' } }, new Map(), ''), [{ line: 2 }], 'types may come from what is not shipped');
});
