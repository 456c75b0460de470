import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { tempDir } from './temp-dir.ts';
import { freePort } from './worker-plan.ts';

/** A Redis of a test on a free port of 127.0.0.1, which keeps what it was told when it is killed and started again. */
export class RedisServer {
  readonly port: number;
  readonly url: string;
  readonly #program: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;

  constructor(program: string, port: number, args: readonly string[]) {
    this.#program = program;
    this.#args = args;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}/`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const child = spawn(this.#program, this.#args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const output: string[] = [];
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`redis-server ended: ${output.slice(-5).join('\n')}`)));
    await ready;
  }

  /** Ends it without a good-bye, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** It goes on to hold its connections, and says nothing, until it is woken. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  wake(): void {
    this.#child?.kill('SIGCONT');
  }
}

/** `program` is from `requireService(t, 'redis-server')`; stopped at teardown. `settings` are those of redis.conf. */
export async function startRedis(t: Pick<Test, 'teardown'>, program: string, settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const port = await freePort();
  const all = { port: `${port}`, bind: '127.0.0.1', dir: tempDir(t), save: '', appendonly: 'yes', appendfsync: 'always', ...settings };
  const server = new RedisServer(program, port, Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]));
  t.teardown(async () => server.kill());
  await server.start();
  return server;
}
