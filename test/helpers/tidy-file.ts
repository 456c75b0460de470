import type { Expression } from 'oxc-parser';
import type { SourceFile } from './source-tree.ts';

/** One breach of the law. `text` says what is wrong and what to do. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export type FileRule = (file: SourceFile) => Finding[];

const FILE_LINES_MAX = 250;
const FUNCTION_LINES_MAX = 70;
const COMMENT_LINES_MAX = 4;
const DOCSTRING_LINES_MAX = 10;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const VAGUE_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared', 'tools']);

export function fileLength(file: SourceFile): Finding[] {
  if (file.lines <= FILE_LINES_MAX) return [];
  return [found(file, FILE_LINES_MAX + 1, `${file.lines} lines, the ceiling is ${FILE_LINES_MAX}: split it where a second noun begins`)];
}

export function fileName(file: SourceFile): Finding[] {
  const segments = file.path.replace(/\.ts$/, '').split(/[/.]/);
  return segments.flatMap((segment) => {
    if (!KEBAB_CASE.test(segment)) return [found(file, 1, `"${segment}" is not kebab-case: rename it`)];
    if (file.path.startsWith('src/') && VAGUE_NAMES.has(segment)) return [found(file, 1, `"${segment}" says nothing: name the one noun that lives here`)];
    return [];
  });
}

export function namedExports(file: SourceFile): Finding[] {
  const nameless = file.exports.filter(({ name }) => name === 'default' || name === '*');
  return nameless.map(({ name, line }) => found(file, line, `export ${name}: export by name`));
}

export function noBarrel(file: SourceFile): Finding[] {
  const onlyPassesOn = file.program.body.every(
    (node) => node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.declaration === null),
  );
  if (!onlyPassesOn || file.exports.length === 0) return [];
  return [found(file, 1, 'a barrel, it only re-exports: import from where things are made')];
}

export function functionLength(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const check = (node: { readonly start: number; readonly end: number }): void => {
    const line = file.lineAt(node.start);
    const lines = file.lineAt(node.end - 1) - line + 1;
    if (lines > FUNCTION_LINES_MAX) findings.push(found(file, line, `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}: take a step out of it`));
  };
  file.visit({ FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check });
  return findings;
}

export function commentLength(file: SourceFile): Finding[] {
  return file.comments.flatMap(({ line, lines, docstring }) => {
    const most = docstring ? DOCSTRING_LINES_MAX : COMMENT_LINES_MAX;
    return lines <= most ? [] : [found(file, line, `a ${docstring ? 'docstring' : 'comment'} of ${lines} lines, at most ${most}: say less, or say it in src/README.md`)];
  });
}

export function noUnfinishedWork(file: SourceFile): Finding[] {
  return matchComments(file, /\b(TODO|FIXME|XXX|HACK)\b/, (mark) => `${mark}: do it, or write an issue`);
}

export function noSuppression(file: SourceFile): Finding[] {
  const pattern = /@ts-(?:ignore|nocheck|expect-error)|(?:ox|es)lint-(?:disable|enable)\S*/;
  return matchComments(file, pattern, (mark) => `${mark}: repair what it hides`);
}

/** Time read or waited for past the Clock: a test could not hold it. */
export function noSystemTime(file: SourceFile): Finding[] {
  const findings = timerImports(file);
  file.visit({
    CallExpression: ({ callee, start }) => {
      const name = dottedName(callee).replace(/^globalThis\./, '');
      if (!/^(Date\.now|performance\.now|process\.hrtime(\.bigint)?|set(Timeout|Interval))$/.test(name)) return;
      findings.push(found(file, file.lineAt(start), `${name}(): take a Clock (src/lib/clock.ts) as a service`));
    },
    NewExpression: ({ callee, arguments: args, start }) => {
      if (dottedName(callee) !== 'Date' || args.length > 0) return;
      findings.push(found(file, file.lineAt(start), 'new Date(): take a Clock (src/lib/clock.ts) as a service'));
    },
  });
  return findings;
}

export function noEnvironment(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  for (const { specifier, names, line } of file.imports) {
    if (specifier === 'node:process' && names.includes('env')) findings.push(found(file, line, 'reads the environment: let the command line or the configuration pass it in'));
  }
  file.visit({
    MemberExpression: (node) => {
      if (!/^(globalThis\.)?process\.env$/.test(dottedName(node))) return;
      findings.push(found(file, file.lineAt(node.start), 'reads the environment: let the command line or the configuration pass it in'));
    },
  });
  return findings;
}

/** The compiler rewrites imports and no other strings: an entry named `./x.ts` alone is missing from the built package. */
export function entryInBuild(file: SourceFile): Finding[] {
  const imported = new Set(file.imports.map(({ specifier }) => specifier));
  const named = [...file.strings].filter((value) => /^\.{1,2}\/.*\.ts$/.test(value) && !imported.has(value));
  return named
    .filter((value) => !file.strings.has(value.replace(/\.ts$/, '.js')))
    .map((value) => found(file, 1, `names ${value}: choose .ts or .js by the ending of import.meta.url, for the build`));
}

/** The build puts the code of `src/FOLDER/` into `dist/chunks/`: a place that code finds by its own is the same from there as `../OTHER/…` alone. */
export function placeInBuild(file: SourceFile): Finding[] {
  if (!file.text.includes('import.meta.url') || /\breference-main\.ts$/.test(file.path)) return [];
  const imported = new Set(file.imports.map(({ specifier }) => specifier));
  const beside = [...file.strings].filter((value) => /^(\.\/[^/]+|[\w-]+\/)$/.test(value) && !imported.has(value));
  const findings = beside.map((value) => found(file, 1, `names ${value} beside itself: write ../FOLDER/…, which the built code finds too`));
  return /^src\/[^/]+\/[^/]+$/.test(file.path) ? findings : [...findings, found(file, 1, 'asks for its own place, which is another one when it is built: do it in a file of src/FOLDER/')];
}

/** An import of it costs each thread 40 ms (src/lib/node-http.ts). */
export function noHttpImport(file: SourceFile): Finding[] {
  return file.imports.filter(({ specifier, isType }) => specifier === 'node:http' && !isType).map(({ line }) => found(file, line, "imports 'node:http': take it from src/lib/node-http.ts"));
}

/** A promise that only a timer resolves: `new Promise((resolve) => setTimeout(resolve, …))` in all its spellings. */
export function noSleep(file: SourceFile): Finding[] {
  const findings = timerImports(file);
  file.visit({
    NewExpression: ({ callee, arguments: [executor] }) => {
      if (dottedName(callee) !== 'Promise') return;
      if (executor?.type !== 'ArrowFunctionExpression' && executor?.type !== 'FunctionExpression') return;
      const [resolve] = executor.params;
      if (resolve?.type !== 'Identifier') return;
      const body = file.text.slice(executor.start, executor.end);
      const sleep = new RegExp(String.raw`\bsetTimeout\(\s*(?:\(\)\s*=>\s*)?(?:void\s+)?${resolve.name}\b`).exec(body);
      if (sleep !== null) findings.push(found(file, file.lineAt(executor.start + sleep.index), 'sleeps: wait for the event, or use eventually() of test/helpers/wait-for.ts'));
    },
  });
  return findings;
}

function timerImports(file: SourceFile): Finding[] {
  const modules = file.imports.filter(({ specifier }) => /^(node:)?timers(\/promises)?$/.test(specifier));
  const waits = modules.filter(({ names }) => names.some((name) => name !== 'setImmediate'));
  return waits.map(({ specifier, line }) => found(file, line, `${specifier}: take a Clock in src, wait for the event in a test`));
}

function matchComments(file: SourceFile, pattern: RegExp, say: (mark: string) => string): Finding[] {
  return file.comments.flatMap(({ text, line }) => {
    const match = pattern.exec(text);
    if (match === null) return [];
    const offset = text.slice(0, match.index).split('\n').length - 1;
    return [found(file, line + offset, say(match[0]))];
  });
}

/** `a.b.c` or `a['b']` as `a.b`; '' for what is no plain name. */
function dottedName(node: Expression): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return '';
  const property = node.computed ? (node.property.type === 'Literal' ? String(node.property.value) : '') : node.property.name;
  return `${dottedName(node.object)}.${property}`;
}

export function found(file: SourceFile, line: number, text: string): Finding {
  return { path: file.path, line, text };
}
