import { once } from 'node:events';
import net from 'node:net';
import { percentile } from '../statistics.ts';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';

const TICK_MS = 1;

/** A keep-alive connection with one request on it at a time; more wait in line, and their waiting counts. */
class Client {
  readonly #socket: net.Socket;
  readonly #dueMs: number[] = [];
  readonly #request: string;
  readonly #onEnd: (dueMs: number) => void;
  #rest = '';
  readonly connected: Promise<unknown>;
  failed = 0;

  constructor(task: GeneratorTask, onEnd: (dueMs: number) => void) {
    this.#request = `GET ${task.path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\n\r\n`;
    this.#onEnd = onEnd;
    this.#socket = net.connect(task.port, '127.0.0.1').setNoDelay(true);
    this.connected = once(this.#socket, 'connect');
    this.#socket.on('data', (bytes) => this.#read(bytes.toString('latin1')));
    this.#socket.on('error', () => {
      this.failed += 1;
    });
  }

  get pending(): number {
    return this.#dueMs.length;
  }

  ask(dueMs: number): void {
    this.#dueMs.push(dueMs);
    if (this.#dueMs.length === 1) this.#socket.write(this.#request);
  }

  #read(text: string): void {
    this.#rest += text;
    const head = this.#rest.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#rest.slice(0, head))?.[1] ?? 0);
    if (this.#rest.length < head + 4 + length) return;
    if (!this.#rest.startsWith('HTTP/1.1 200')) this.failed += 1;
    this.#rest = '';
    this.#onEnd(this.#dueMs.shift() ?? 0);
    if (this.#dueMs.length > 0) this.#socket.write(this.#request);
  }
}

/**
 * So many requests a second, whatever becomes of those before: a slow proxy cannot slow down what it is asked.
 * What is answered by the end of that time is counted; what comes within two seconds of it still has its latency.
 */
export async function openLoop(task: GeneratorTask): Promise<GeneratorResult> {
  const latencies: number[] = [];
  const lateness: number[] = [];
  let inTime = 0;
  let endMs = Infinity;
  const clients = Array.from({ length: task.connections }, () => new Client(task, (dueMs) => {
    const nowMs = performance.now();
    latencies.push(nowMs - dueMs);
    if (nowMs <= endMs) inTime += 1;
  }));
  await Promise.all(clients.map(async (client) => client.connected));
  const startedMs = performance.now();
  endMs = startedMs + task.seconds * 1000;
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const due = Math.floor(((Math.min(nowMs, endMs) - startedMs) * task.perSecond) / 1000);
      for (; sent < due; sent += 1) {
        const dueMs = startedMs + (sent * 1000) / task.perSecond;
        lateness.push(nowMs - dueMs);
        clients[sent % clients.length]?.ask(dueMs);
      }
      if (nowMs < endMs + 2000 && (nowMs < endMs || clients.some(({ pending }) => pending > 0))) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const failed = clients.reduce((sum, client) => sum + client.failed + client.pending, 0);
  const [sorted, late] = [latencies, lateness].map((values) => values.toSorted((a, b) => a - b)) as [number[], number[]];
  return { count: inTime, failed, seconds: task.seconds, latency: { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), p999: percentile(sorted, 0.999), sentP99: percentile(late, 0.99) } };
}
