import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readText } from './upstream.ts';
import { eventually } from './wait-for.ts';

type Value = { readonly stringValue: string } | { readonly intValue: string } | { readonly boolValue: boolean };

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly events?: readonly { readonly timeUnixNano: string; readonly name: string }[];
  readonly status?: { readonly code: number };
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A span as the collector has understood it. Times in epoch ms. */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  /** '' of a root. */
  readonly parent: string;
  readonly state: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly string[];
  readonly isError: boolean;
  /** Of what sent it. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

export interface Collector {
  /** As `traces.endpoint` is written. */
  readonly endpoint: string;
  readonly spans: readonly Span[];
  /** Headers of each request, in the order they came. */
  readonly requests: readonly IncomingHttpHeaders[];
  /** Connections there have been. */
  readonly connections: number;
  /** What requests are answered with from now on: status, headers and body. Default 200 and `{}`. */
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'nothing';
  /** Waits for so many spans of a trace and returns them, its server span first and the attempts by their start. */
  trace(id: string, count: number): Promise<Span[]>;
  close(): Promise<void>;
}

interface TestContext {
  teardown(end: () => Promise<void>): void;
}

/** Takes spans as an OpenTelemetry collector does: OTLP over HTTP, in JSON. Cut at teardown. */
export async function startCollector(t: TestContext, port = 0): Promise<Collector> {
  const spans: Span[] = [];
  const requests: IncomingHttpHeaders[] = [];
  let connections = 0;
  const server = http.createServer((request, response) => void take(request, response));
  const take = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const text = await readText(request);
    requests.push(request.headers);
    const { answer } = collector;
    if (answer === 'nothing') return;
    const isExport = request.method === 'POST' && request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
    if (isExport && answer.status === 200) spans.push(...decode(JSON.parse(text) as ExportRequest));
    response.writeHead(isExport ? answer.status : 404, { ...answer.headers }).end(answer.body ?? '{}');
  };
  server.keepAliveTimeout = 60_000;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans, requests, answer: { status: 200 },
    get connections() {
      return connections;
    },
    async trace(id, count) {
      const own = (): Span[] => spans.filter(({ traceId }) => traceId === id);
      await eventually(() => own().length >= count, 5000);
      return own().toSorted((a, b) => Number(b.kind === 'server') - Number(a.kind === 'server') || a.startMs - b.startMs);
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
  t.teardown(async () => collector.close());
  return collector;
}

/** Every span of a body, whose form is checked by the way. */
export function decode({ resourceSpans }: ExportRequest): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => ({
    traceId: hex(span.traceId, 32),
    id: hex(span.spanId, 16),
    parent: span.parentSpanId === undefined ? '' : hex(span.parentSpanId, 16),
    state: span.traceState ?? '',
    flags: span.flags,
    name: span.name,
    kind: span.kind === 2 ? 'server' as const : 'client' as const,
    startMs: millis(span.startTimeUnixNano),
    endMs: millis(span.endTimeUnixNano),
    attributes: record(span.attributes),
    events: (span.events ?? []).map(({ name }) => name),
    isError: span.status?.code === 2,
    resource: record(resource.attributes),
  }))));
}

function record(attributes: readonly Attribute[]): Record<string, string | number | boolean> {
  if (new Set(attributes.map(({ key }) => key)).size !== attributes.length) throw new Error('an attribute is there twice');
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: Value): string | number | boolean {
  if ('stringValue' in value) return value.stringValue;
  return 'intValue' in value ? Number(value.intValue) : value.boolValue;
}

function hex(text: string, digits: number): string {
  if (text.length !== digits || !/^[0-9a-f]+$/.test(text)) throw new Error(`"${text}" is no id`);
  return text;
}

function millis(nanos: string): number {
  if (!/^[0-9]{19}$/.test(nanos)) throw new Error(`"${nanos}" is no time`);
  return Number(nanos) / 1e6;
}
