import t from 'tap';
import { Report } from '../../src/config/report.ts';
import { Source } from '../../src/config/source.ts';
import { Substitution } from '../../src/config/substitute.ts';
import { plainOf } from '../../src/config/tree.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { checkBroken, faultsOf, loadRaw } from '../helpers/config-text.ts';
import { workMs } from '../helpers/work-time.ts';

function parse(text: string): { value: unknown; faults: string[] } {
  const report = new Report();
  const node = parseYaml(new Source('a.yaml', text), new Substitution({}, undefined, report), report);
  const faults = report.sorted().map(({ line, column, message }) => `${line}:${column} ${message}`);
  return { value: node === null ? null : plainOf(node), faults };
}

await t.test('values keep the types of YAML 1.2', async (t) => {
  t.strictSame(parse('{ a: 1, b: off, c: "2", d: true, e: [x, null], f: 1.5, g: yes, h: 0x10 }').value, {
    a: 1, b: 'off', c: '2', d: true, e: ['x', null], f: 1.5, g: 'yes', h: 16,
  });
});

await t.test('an alias stands for what its anchor marks', async (t) => {
  t.strictSame(parse('a: &x { k: [1] }\nb: *x').value, { a: { k: [1] }, b: { k: [1] } });
});

await t.test('a status is a name, though it is written as a number', async (t) => {
  t.strictSame(parse('{ 404: a, "503": b, 5xx: c, 502-504: d }').value, { 404: 'a', 503: 'b', '5xx': 'c', '502-504': 'd' });
});

await t.test('YAML that cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['workers: 1\n»workers: 2', '`workers` is given twice', 'line 1'],
    ['log:\n  level: info\n  »level: warn', '`level` is given twice'],
    ['workers: !!js/function »1', 'the tag', 'not supported'],
    ['log: !secret »info', 'the tag `!secret` is not supported'],
    ['log:\n  »<<: { level: info }', 'merge keys (`<<`) are not supported', '`defaults`'],
    ['»1: 2', 'this key is not text', '"1"'],
    ['? »[a]\n: b', 'this key is not text'],
    ['»__proto__: { a: 1 }', 'not allowed'],
    ['log: »*nowhere', 'nothing above is marked with the anchor `&nowhere`'],
    ['log: &a { level: »*a }', 'nothing above is marked'],
  ]);
});

await t.test('a syntax error is the only thing said of a file', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'a: [1, 2': /^1:9 .*must end with a \]|^1:9 /,
    'a: "x': /^1:6 .*missing closing/,
    'a:\n\t- b': /^2:1 .*tab/,
    'a: b: c': /^1:4 .*nested mappings/,
    'a: 1\n b: 2': /^1:4|^2:/,
    'a: 1\n---\nb: 2': /^2:1 the file holds more than one YAML document/,
    'listen: { http: ${PORT} }': /^1:1[0-9] /,
  };
  for (const [text, message] of Object.entries(cases)) {
    const { value, faults } = parse(text);
    t.equal(value, null, text);
    t.match(faults[0], message, text);
  }
  t.match(faultsOf(() => loadRaw('listen: { http: ${PORT} }'))[0]?.hint, 'in quotes: "${NAME}"');
});

await t.test('an empty file is said to be empty', async (t) => {
  for (const text of ['', '# only a comment\n', '---\n', 'null']) t.strictSame(parse(text).faults, ['1:1 the file is empty'], JSON.stringify(text));
});

await t.test('an alias bomb ends quickly', async (t) => {
  const letters = 'abcdefghijklmn'.split('');
  const bomb = letters.map((letter, index) => `${letter}: &${letter} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*${letters[index - 1]}`)).join(', ')}]`).join('\n');
  const startedAt = workMs();
  const { value, faults } = parse(bomb);
  t.ok(workMs() - startedAt < 1000);
  t.equal(value, null);
  t.match(faults, [/aliases of this file stand for too much/]);
  t.match(parse(`a: &a ${'x'.repeat(1_000_000)}\nb: [${Array.from({ length: 10 }, () => '*a').join(', ')}]`).faults, [/stand for too much/]);
  const many = `a: &a 1\nb: [${Array.from({ length: 1001 }, () => '*a').join(', ')}]`;
  t.match(parse(many).faults, [/stand for too much: 1000 aliases/]);
});

await t.test('endless nesting ends quickly', async (t) => {
  const startedAt = workMs();
  for (const text of [`a: ${'['.repeat(70)}${']'.repeat(70)}`, `a: ${'['.repeat(50_000)}`, `a: ${'{a: '.repeat(2000)}`, '- '.repeat(3000)]) {
    t.match(parse(text).faults, [/nested too deeply: 64 levels/]);
  }
  t.ok(workMs() - startedAt < 3000);
});
