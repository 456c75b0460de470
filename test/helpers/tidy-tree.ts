import type { SourceFile } from './source-tree.ts';
import { found, type Finding } from './tidy-file.ts';

/** From the top to the bottom: a file imports only from its own layer or one further down this list. */
const LAYERS = [
  'main', 'cli', 'demo', 'workers', 'admin', 'gateway', 'listen', 'tls', 'request', 'policy', 'balance', 'upstream',
  'respond', 'exchange', 'observe', 'config', 'lib',
];

export function layerOrder(src: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of src) {
    const own = layerOf(file.path);
    if (own < 0) findings.push(found(file, 1, 'belongs to no layer: put it in a folder of DESIGN, or add the layer to test/helpers/tidy-tree.ts'));
    for (const { file: target, line } of file.imports) {
      if (target === null) continue;
      if (!target.startsWith('src/')) findings.push(found(file, line, `imports ${target}, which is not in src`));
      else if (layerOf(target) < own) findings.push(found(file, line, `imports upward from ${target}: turn the dependency round, or pass it in`));
    }
  }
  return findings;
}

/** `frame` are the files of src/policy that are no policy: the shape, the order. A policy is a file, with a folder of its name. */
export function policiesApart(src: readonly SourceFile[], frame: ReadonlySet<string>): Finding[] {
  const isPolicy = (path: string | null): path is string => path !== null && path.startsWith('src/policy/') && !frame.has(path);
  return src.filter((file) => isPolicy(file.path)).flatMap((file) =>
    file.imports
      .filter((used) => isPolicy(used.file) && nameOfPolicy(used.file) !== nameOfPolicy(file.path))
      .map(({ file: target, line }) => found(file, line, `a policy imports another policy, ${target}: move what both need to lib or request`)),
  );
}

function nameOfPolicy(path: string): string {
  return (path.split('/')[2] ?? '').replace(/\.ts$/, '');
}

export function noCycle(src: readonly SourceFile[]): Finding[] {
  const files = new Map(src.map((file) => [file.path, file]));
  const done = new Set<string>();
  const findings: Finding[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const file = files.get(path);
    if (file === undefined || done.has(path)) return;
    for (const { file: target, line } of file.imports) {
      if (target === null) continue;
      const from = [...trail, path].indexOf(target);
      if (from >= 0) findings.push(found(file, line, `a cycle: ${[...trail, path].slice(from).join(' > ')} > ${target}`));
      else walk(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of files.keys()) walk(path, []);
  return findings;
}

/** Reached means imported, or named in a relative string as worker entries are. */
export function noDeadFile(src: readonly SourceFile[], entries: readonly string[]): Finding[] {
  const files = new Map(src.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = files.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...file.references);
    for (const { file: target } of file.imports) if (target !== null) queue.push(target);
  }
  return src.filter(({ path }) => !reached.has(path)).map((file) => found(file, 1, `reached from no entry (${entries.join(', ')}): use it or delete it`));
}

export function noDeadExport(src: readonly SourceFile[], test: readonly SourceFile[]): Finding[] {
  const used = new Set<string>();
  for (const file of [...src, ...test]) {
    for (const { file: target, names } of file.imports) {
      for (const name of names) used.add(`${target}#${name}`);
    }
  }
  return src.flatMap((file) =>
    file.exports
      .filter(({ name }) => !used.has(`${file.path}#${name}`) && !used.has(`${file.path}#*`))
      .map(({ name, line }) => found(file, line, `nobody imports "${name}": do not export it`)),
  );
}

/** A file of types only needs no test. */
export function mirrorInTest(src: readonly SourceFile[], test: readonly SourceFile[]): Finding[] {
  const tests = new Set(test.map(({ path }) => path));
  return src
    .filter((file) => !isTypesOnly(file) && !tests.has(mirrorOf(file.path)))
    .map((file) => found(file, 1, `has no test: write ${mirrorOf(file.path)}`));
}

/** Folders of `free` hold tests of the whole, which mirror no file. */
export function testOfSomething(src: readonly SourceFile[], test: readonly SourceFile[], free: readonly string[]): Finding[] {
  const mirrors = new Set(src.map(({ path }) => mirrorOf(path)));
  return test
    .filter(({ path }) => path.endsWith('.test.ts') && path.split('/').length > 2 && !free.some((folder) => path.startsWith(folder)))
    // A second test of the same file has a word of its own: pool.stress.test.ts beside pool.test.ts.
    .filter(({ path }) => !mirrors.has(path.replace(/(\/[^/.]+)\.[^/]+\.test\.ts$/, '$1.test.ts')))
    .map((file) => found(file, 1, 'mirrors no file of src: rename it, or move it where tests of the whole are'));
}

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** `shared` are the packages that may be imported in several files, with the reason. */
export function fewDependencies(
  src: readonly SourceFile[],
  manifest: Manifest,
  shared: ReadonlyMap<string, string>,
  readme: string,
): Finding[] {
  const findings: Finding[] = [];
  const names = Object.keys(manifest.dependencies);
  const about = (line: number, text: string): number => findings.push({ path: 'package.json', line, text });
  for (const name of names) {
    // A transport of pino is named in a string and imported by pino, so strings count too.
    const users = src.filter((file) => file.strings.has(name) || file.imports.some(({ specifier }) => packageOf(specifier) === name));
    if (users.length === 0) about(1, `dependency "${name}" is imported nowhere: remove it`);
    if (users.length > 1 && !shared.has(name)) about(1, `dependency "${name}" is imported in ${users.map(({ path }) => path).join(', ')}: keep it in one file`);
    if (!readme.includes(`\`${name}\``)) about(1, `dependency "${name}" is not in src/README.md: say there why it is worth it`);
  }
  for (const file of src) {
    for (const { specifier, line, isType } of file.imports) {
      const name = packageOf(specifier);
      if (isType && Object.hasOwn(manifest.devDependencies ?? {}, name)) continue;
      if (specifier.startsWith('.') || specifier.startsWith('node:') || names.includes(name)) continue;
      findings.push(found(file, line, `imports "${name}", which is no dependency (built-in modules are written node:${name})`));
    }
  }
  return findings;
}

function packageOf(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function mirrorOf(path: string): string {
  return path.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts');
}

function layerOf(path: string): number {
  return LAYERS.indexOf((path.split('/')[1] ?? '').replace(/\.ts$/, ''));
}

function isTypesOnly(file: SourceFile): boolean {
  return file.program.body.every((node) => {
    // An import without names runs the module it names: that is an entry, not a page of types.
    if (node.type === 'ImportDeclaration') return node.specifiers.length > 0;
    const inner = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
    return inner?.type === 'TSInterfaceDeclaration' || inner?.type === 'TSTypeAliasDeclaration';
  });
}
