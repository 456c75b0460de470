import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withDefaults } from './gateway.ts';
import { tempDir } from './temp-dir.ts';
import { eventually } from './wait-for.ts';

type TestContext = Parameters<typeof tempDir>[0];
type Line = Record<string, unknown>;

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export interface SluiceProcess {
  readonly child: ChildProcess;
  readonly dir: string;
  readonly file: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** The JSON lines of the access log so far. */
  accessLog(): Line[];
  /** Waits for an access-log line. */
  logged(test: (line: Line) => boolean, timeoutMs?: number): Promise<Line>;
  /** Exit code, or the signal's name. */
  ended(): Promise<number | string>;
  write(yaml: string): void;
}

interface SluiceOptions {
  readonly https?: boolean;
  /** Default `run`. */
  readonly command?: 'run' | 'demo';
  /** Options of Node.js. */
  readonly node?: readonly string[];
}

/** `sluice run` as a process of its own, JSON access log on; killed at teardown. */
export async function startSluice(t: TestContext, yaml: string, { https = false, command = 'run', node = [] }: SluiceOptions = {}): Promise<SluiceProcess> {
  const dir = tempDir(t);
  const file = join(dir, 'gateway.yaml');
  mkdirSync(join(dir, 'certs'), { recursive: true });
  const fill = (text: string): string => withDefaults(/^accessLog:/m.test(text) ? text : `accessLog: json\n${text}`, dir, https);
  writeFileSync(file, fill(yaml));
  const child = spawn(process.execPath, [...node, MAIN, command, '-c', file], { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  let end: number | string | null = null;
  child.once('exit', (code, signal) => { end = code ?? signal ?? 'unknown'; });
  t.teardown(async () => {
    if (end !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await eventually(() => end !== null || text.includes('Sluice is up'), 30_000);
  const early = end as number | string | null;
  if (early !== null) throw new Error(`sluice ended at once (${early}):\n${text}`);
  const lines = (): Line[] => text.split('\n').flatMap((line) => (line.startsWith('{"time"') ? [JSON.parse(line) as Line] : []));
  const port = (label: string): number => Number(new RegExp(`^ {2}${label}\\s+\\S+:(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    child, dir, file,
    httpPort: port('http'),
    httpsPort: port('https'),
    adminPort: port('admin'),
    output: () => text,
    accessLog: lines,
    async logged(test, timeoutMs = 5000) {
      await eventually(() => lines().some(test), timeoutMs);
      return lines().find(test) as Line;
    },
    async ended() {
      if (end === null) await once(child, 'exit');
      return end as unknown as number | string;
    },
    write: (next) => writeFileSync(file, fill(next)),
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command line of Sluice that ends by itself, as a process of its own; `user` is a numeric id to run it under. */
export async function sluice(args: readonly string[], { user, env = {} }: { readonly user?: number; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Outcome> {
  const identity = user === undefined ? {} : { uid: user, gid: user };
  const child = spawn(process.execPath, [MAIN, ...args], { ...identity, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  return { code, out, err };
}
