import net from 'node:net';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';

const TICK_MS = 1;

/** A keep-alive connection with one request on it at a time; more wait in line, and their waiting counts. */
class Client {
  readonly #socket: net.Socket;
  readonly #dueMs: number[] = [];
  readonly #request: string;
  readonly #onEnd: (latencyMs: number) => void;
  #rest = '';
  failed = 0;

  constructor(task: GeneratorTask, onEnd: (latencyMs: number) => void) {
    this.#request = `GET ${task.path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\n\r\n`;
    this.#onEnd = onEnd;
    this.#socket = net.connect(task.port, '127.0.0.1').setNoDelay(true);
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
    this.#onEnd(performance.now() - (this.#dueMs.shift() ?? 0));
    if (this.#dueMs.length > 0) this.#socket.write(this.#request);
  }
}

/** So many requests a second, whatever becomes of those before: a slow proxy cannot slow down what it is asked. */
export async function openLoop(task: GeneratorTask): Promise<GeneratorResult> {
  const latencies: number[] = [];
  const clients = Array.from({ length: task.connections }, () => new Client(task, (latencyMs) => latencies.push(latencyMs)));
  const startedMs = performance.now();
  const endMs = startedMs + task.seconds * 1000;
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const due = Math.floor(((Math.min(nowMs, endMs) - startedMs) * task.perSecond) / 1000);
      for (; sent < due; sent += 1) clients[sent % clients.length]?.ask(startedMs + (sent * 1000) / task.perSecond);
      if (nowMs < endMs + 2000 && (nowMs < endMs || clients.some(({ pending }) => pending > 0))) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const failed = clients.reduce((sum, client) => sum + client.failed + client.pending, 0);
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, failed, seconds: task.seconds, latency: { p50: at(0.5), p99: at(0.99), p999: at(0.999) } };
}
