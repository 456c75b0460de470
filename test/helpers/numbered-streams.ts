import { createHash } from 'node:crypto';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { startHttpUpstream, type TestUpstream } from './upstream.ts';

interface NumberedUpstream extends TestUpstream {
  /** Streams and WebSockets open now. */
  readonly streaming: number;
}

/** An upstream of short answers, and of event streams and WebSockets that send 0, 1, 2 … for as long as they are open. */
export async function startNumberedUpstream(t: Pick<Test, 'teardown'>, everyMs: number): Promise<NumberedUpstream> {
  const senders = new Set<() => void>();
  const timer = setInterval(() => {
    for (const send of senders) send();
  }, everyMs);
  const sockets = new WebSocketServer({ noServer: true });
  const upgrade = (request: http.IncomingMessage, socket: Duplex, head: Buffer): void => sockets.handleUpgrade(request, socket, head, (client) => {
    let next = 0;
    const send = (): void => client.send(String(next++));
    senders.add(send);
    client.on('close', () => senders.delete(send));
    client.on('error', () => undefined);
  });
  const upstream = await startHttpUpstream((request, response) => {
    request.resume();
    if (request.url !== '/events') {
      response.end(createHash('sha256').update(request.url ?? '').digest('hex'));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let next = 0;
    const send = (): void => void response.write(`data: ${next++}\n\n`);
    send();
    senders.add(send);
    response.on('close', () => senders.delete(send));
  }, { upgrade });
  t.teardown(async () => {
    clearInterval(timer);
    for (const client of sockets.clients) client.terminate();
    await upstream.close();
  });
  return Object.defineProperty(Object.create(upstream) as NumberedUpstream, 'streaming', { get: () => senders.size });
}

/** Streams that are to stay open until they are closed from here. */
export class NumberedStreams {
  /** What went wrong, by stream: an end, a gap. */
  readonly faults: string[] = [];
  readonly #closes: (() => void)[] = [];
  readonly #next: number[] = [];
  #isClosed = false;

  static async open(port: number, events: number, webSockets: number): Promise<NumberedStreams> {
    const streams = new NumberedStreams();
    await Promise.all([
      ...Array.from({ length: events }, async (_, i) => streams.#openEvents(port, i)),
      ...Array.from({ length: webSockets }, async (_, i) => streams.#openWebSocket(port, events + i)),
    ]);
    return streams;
  }

  /** Numbers that the slowest has received. */
  get least(): number {
    return Math.min(...this.#next);
  }

  close(): void {
    this.#isClosed = true;
    for (const close of this.#closes) close();
  }

  async #openEvents(port: number, index: number): Promise<void> {
    this.#next[index] = 0;
    const request = http.get({ host: '127.0.0.1', port, path: '/events', agent: false });
    this.#closes.push(() => request.destroy());
    request.on('error', (error) => this.#fault(index, error.message));
    await new Promise<void>((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n\n');
          rest = lines.pop() ?? '';
          for (const line of lines) this.#take(index, line.replace('data: ', ''));
        });
        response.on('close', () => this.#fault(index, `event stream closed, status ${response.statusCode}`));
        resolve();
      });
    });
  }

  async #openWebSocket(port: number, index: number): Promise<void> {
    this.#next[index] = 0;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    this.#closes.push(() => socket.terminate());
    socket.on('error', (error) => this.#fault(index, error.message));
    socket.on('close', (code) => this.#fault(index, `WebSocket closed, code ${code}`));
    socket.on('message', (data) => this.#take(index, (data as Buffer).toString()));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
  }

  #take(index: number, text: string): void {
    if (text !== String(this.#next[index])) this.#fault(index, `${text} in the place of ${this.#next[index]}`);
    this.#next[index] = Number(text) + 1;
  }

  #fault(index: number, what: string): void {
    if (!this.#isClosed) this.faults.push(`${index}: ${what}`);
  }
}
