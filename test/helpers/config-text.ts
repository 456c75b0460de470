import type { Test } from 'tap';
import type { Config } from '../../src/config/config.ts';
import type { UpstreamConfig } from '../../src/config/upstream-config.ts';
import { ConfigError, type Diagnostic } from '../../src/config/diagnostic.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';

const FILE = '/etc/sluice/gateway.yaml';

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Further files by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads a text as if it were `/etc/sluice/gateway.yaml`. A section `listen` or `routes` that it lacks is added. */
export function loadText(text: string, { env = {}, files = {} }: Surroundings = {}): LoadedConfig {
  return loadRaw(completed(text), { env, files });
}

/** Loads a text exactly as it is. */
export function loadRaw(text: string, { env = {}, files = {} }: Surroundings = {}): LoadedConfig {
  const all: Readonly<Record<string, string>> = { ...files, [FILE]: text };
  const readFile = (file: string): Uint8Array => {
    const content = all[file];
    if (content === undefined) throw Object.assign(new Error(`no ${file}`), { code: 'ENOENT' });
    return Buffer.from(content);
  };
  return loadConfig(FILE, { env, readFile });
}

export function configOf(text: string, surroundings: Surroundings = {}): Config {
  return loadText(text, surroundings).config;
}

/** A file with one upstream of one target, which has these options; `»` in them stays. */
export function withUpstream(options: string, targets = '"api:8000"'): string {
  return `routes: [{ upstream: api }]\nupstreams: { api: { targets: ${targets}, ${options} } }`;
}

/** The one upstream of a file like that. */
export function upstreamOf(options: string, targets?: string): UpstreamConfig {
  const [upstream] = configOf(withUpstream(options, targets)).upstreams;
  if (upstream === undefined) throw new Error('the file has an upstream');
  return upstream;
}

/** All diagnostics of a text that cannot be used. */
export function faultsOf(load: () => LoadedConfig): readonly Diagnostic[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** A broken file, in which `»` stands before the place of its only error, and the words its message and hint have. */
export type BrokenFile = readonly [text: string, ...words: string[]];

/** Holds that each file has exactly one error, at its mark, with these words. */
export function checkBroken(t: Test, files: readonly BrokenFile[], surroundings: Surroundings = {}): void {
  for (const [marked, ...words] of files) {
    const before = marked.slice(0, marked.indexOf('»')).split('\n');
    const expected = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    const faults = faultsOf(() => loadText(marked.replace('»', ''), surroundings)).filter(({ severity }) => severity === 'error');
    const said = faults.map(({ message, hint }) => `${message} ${hint ?? ''}`).join('\n');
    t.strictSame(faults.map(({ line, column }) => `${line}:${column}`), [expected], `the place in ${JSON.stringify(marked)}: ${said}`);
    for (const word of words) t.ok(said.includes(word), `"${said}" says "${word}"`);
  }
}

function completed(text: string): string {
  const lines = [text];
  if (!/^listen:/m.test(text)) lines.push('listen: { http: 80 }');
  if (!/^routes:/m.test(text)) lines.push('routes: [{ respond: {} }]');
  return lines.join('\n');
}
