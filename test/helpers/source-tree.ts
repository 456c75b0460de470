import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseSync, Visitor, type EcmaScriptModule, type Program, type VisitorObject } from 'oxc-parser';

/** A name as the parser gives it. Its `kind` is an enum without values at run time, so it is read as text. */
interface ParsedName {
  readonly name: string | null;
  readonly kind: string;
}

/** One import, re-export, dynamic import or import type. */
export interface ImportOf {
  readonly specifier: string;
  /** Path in the repository of a relative import, else null. */
  readonly file: string | null;
  /** Names taken; `*` for a namespace and wherever the names cannot be told. */
  readonly names: readonly string[];
  /** Types alone: nothing of it is left in the build. */
  readonly isType: boolean;
  readonly line: number;
}

/** A comment block, or line comments that stand directly below each other. */
export interface CommentBlock {
  readonly text: string;
  readonly line: number;
  readonly lines: number;
  readonly docstring: boolean;
}

export interface SourceFile {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly program: Program;
  readonly imports: readonly ImportOf[];
  readonly exports: readonly { readonly name: string; readonly line: number }[];
  /** Files named in a relative string with `.ts`, as worker entries are. */
  readonly references: readonly string[];
  readonly strings: ReadonlySet<string>;
  readonly comments: readonly CommentBlock[];
  lineAt(offset: number): number;
  visit(visitor: VisitorObject): void;
}

/** Every `.ts` file below `folder`, in order of path. */
export function readTree(root: string, folder: string): SourceFile[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => path.posix.join(folder, name));
  return paths.toSorted().map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8')));
}

/** Throws on a syntax error. */
export function parseSource(file: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new SyntaxError(`${file}: ${errors[0].codeframe ?? errors[0].message}`);
  const lineAt = lineFinder(text);
  const strings = new Set<string>();
  const typeImports: ImportOf[] = [];
  const visit = (visitor: VisitorObject): void => new Visitor(visitor).visit(program);
  visit({
    Literal: (node) => {
      if (typeof node.value === 'string') strings.add(node.value);
    },
    TSImportType: (node) => {
      typeImports.push(importOf(file, node.source.value, ['*'], lineAt(node.start), true));
    },
  });
  return {
    path: file,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    program,
    imports: [...importsOf(file, text, module, lineAt), ...typeImports],
    exports: module.staticExports.flatMap(({ entries }) =>
      entries.map((entry) => ({ name: nameOf(entry.exportName), line: lineAt(entry.start) })),
    ),
    references: [...strings].filter((value) => /^\.{1,2}\/.*\.ts$/.test(value)).map((value) => resolve(file, value)),
    strings,
    comments: groupComments(text, comments, lineAt),
    lineAt,
    visit,
  };
}

function importsOf(file: string, text: string, module: EcmaScriptModule, lineAt: (offset: number) => number): ImportOf[] {
  const found: ImportOf[] = [];
  for (const { start, moduleRequest, entries } of module.staticImports) {
    const names = entries.map(({ importName }) => nameOf(importName));
    found.push(importOf(file, moduleRequest.value, names, lineAt(start), entries.length > 0 && entries.every(({ isType }) => isType)));
  }
  for (const { start, entries } of module.staticExports) {
    for (const { moduleRequest, importName, isType } of entries) {
      if (moduleRequest !== null) found.push(importOf(file, moduleRequest.value, [importName.name ?? '*'], lineAt(start), isType));
    }
  }
  for (const { start, moduleRequest } of module.dynamicImports) {
    const literal = /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2] !== undefined) found.push(importOf(file, literal[2], ['*'], lineAt(start), false));
  }
  return found;
}

function nameOf({ name, kind }: ParsedName): string {
  return name ?? (kind === 'Default' ? 'default' : '*');
}

function importOf(file: string, specifier: string, names: readonly string[], line: number, isType: boolean): ImportOf {
  return { specifier, file: specifier.startsWith('.') ? resolve(file, specifier) : null, names, isType, line };
}

function resolve(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier);
}

function lineFinder(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at);
  return (offset) => {
    const line = ends.findIndex((end) => end >= offset);
    return (line < 0 ? ends.length : line) + 1;
  };
}

function groupComments(
  text: string,
  comments: readonly { readonly type: string; readonly value: string; readonly start: number; readonly end: number }[],
  lineAt: (offset: number) => number,
): CommentBlock[] {
  const blocks: { text: string; line: number; lines: number; docstring: boolean; joinable: boolean }[] = [];
  for (const { type, value, start, end } of comments) {
    const line = lineAt(start);
    const before = blocks.at(-1);
    const alone = text.slice(text.lastIndexOf('\n', start) + 1, start).trim() === '';
    if (type === 'Line' && alone && before?.joinable === true && before.line + before.lines === line) {
      before.text += `\n${value}`;
      before.lines++;
    } else {
      const docstring = type === 'Block' && value.startsWith('*');
      blocks.push({ text: value, line, lines: lineAt(end - 1) - line + 1, docstring, joinable: type === 'Line' && alone });
    }
  }
  return blocks;
}
