import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { owned } from '../children.ts';
import { pinned } from '../pinned-process.ts';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';

const run = promisify(execFile);

/** What a load has done. `failed` counts answers other than 2xx, and connections that broke. */
export interface Done {
  readonly count: number;
  readonly failed: number;
  readonly seconds: number;
}

export interface Aim {
  readonly port: number;
  readonly tls: boolean;
  readonly path: string;
  readonly seconds: number;
}

/** Runs a load to its end; it shares its core with the target. */
export type Load = (aim: Aim) => Promise<Done>;

/** 64 keep-alive connections of HTTP/1.1, a request on each. @param script for wrk, in Lua. */
export function wrk(options: { readonly headers?: Readonly<Record<string, string>>; readonly connections?: number; readonly script?: string } = {}): Load {
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const script = options.script === undefined ? [] : ['-s', options.script];
  return async ({ port, tls, path: url, seconds }) => {
    const output = await outputOf('wrk', ['-t', '1', '-c', String(options.connections ?? 64), '-d', `${seconds}s`, ...headers, ...script, `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}${url}`]);
    const [, count, time, unit] = /(\d+) requests in ([\d.]+)(m?s)/.exec(output) ?? [];
    const broken = [...output.matchAll(/(?:Non-2xx or 3xx responses:|connect|read|write|timeout) (\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
    return { count: Number(count ?? 0), failed: broken, seconds: Number(time ?? 0) / (unit === 'ms' ? 1000 : 1) };
  };
}

/** Eight connections of HTTP/2 with eight requests on each. */
export const h2load: Load = async ({ port, path: url, seconds }) => {
  const output = await outputOf('h2load', ['-D', String(seconds), '-c', '8', '-m', '8', `--connect-to=127.0.0.1:${port}`, `https://localhost:${port}${url}`]);
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  return { count: number(/(\d+) 2xx/), failed: number(/(\d+) failed/), seconds };
};

/** A task of our own generator. */
export function generator(kind: GeneratorTask['kind'], options: { readonly connections: number; readonly perSecond?: number; readonly resumed?: boolean }): (aim: Aim) => Promise<GeneratorResult> {
  return async ({ port, path: url, seconds }) => {
    const task = taskOf(kind, { port, path: url, seconds, ...options });
    return JSON.parse(await outputOf(process.execPath, [GENERATOR, JSON.stringify(task)])) as GeneratorResult;
  };
}

export const GENERATOR = path.join(import.meta.dirname, 'generator-main.ts');

export function taskOf(kind: GeneratorTask['kind'], options: Partial<GeneratorTask>): GeneratorTask {
  return { kind, port: 0, seconds: 1, connections: 1, path: '/', perSecond: 0, resumed: false, ...options };
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const [command, list] = pinned(program, args, false);
  const running = run(command, [...list], { timeout: 30_000 });
  owned(running.child);
  const { stdout } = await running;
  return stdout;
}
