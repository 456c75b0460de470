import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Test } from 'tap';
import type { Sink, SinkListener } from '../../src/exchange/sink.ts';
import { Http1Sink } from '../../src/respond/http1-sink.ts';
import { Http2Sink } from '../../src/respond/http2-sink.ts';

/** What a sink reported. */
export class SinkReport implements SinkListener {
  drains = 0;
  /** One entry per `onClose`, of which there must be one. */
  readonly closes: boolean[] = [];
  #onClosed: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });
  onDrainCall: () => void = () => undefined;

  onDrain(): void {
    this.drains++;
    this.onDrainCall();
  }

  onClose(complete: boolean): void {
    this.closes.push(complete);
    this.#onClosed();
  }
}

type Script = (sink: Sink, report: SinkReport) => void;

/** A server of `node:http` that does with the sink of each request what it is told. Returns its port. */
export async function startHttp1Sinks(t: Pick<Test, 'teardown'>, script: Script): Promise<number> {
  const server = http.createServer((_request, response) => {
    const report = new SinkReport();
    script(new Http1Sink(response, report), report);
  });
  t.teardown(() => server.closeAllConnections());
  return listen(t, server);
}

/** The same of `node:http2`, without TLS. */
export async function startHttp2Sinks(t: Pick<Test, 'teardown'>, script: (sink: Sink, report: SinkReport, stream: http2.ServerHttp2Stream) => void): Promise<http2.ClientHttp2Session> {
  const server = http2.createServer({ strictSingleValueFields: false });
  server.on('stream', (stream: http2.ServerHttp2Stream) => {
    const report = new SinkReport();
    script(new Http2Sink(stream, { streamClosed() {} }, report), report, stream);
  });
  const session = http2.connect(`http://127.0.0.1:${await listen(t, server)}`);
  session.on('error', () => session.destroy());
  t.teardown(() => session.destroy());
  return session;
}

async function listen(t: Pick<Test, 'teardown'>, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}
