import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { promisify } from 'node:util';
import { commandPath } from './service.ts';

export interface PlainRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface PlainAnswer {
  readonly status: number;
  /** Lower-case names; a field given several times is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One request as an ordinary client of that kind sends it. */
export type PlainClient = (request: PlainRequest) => Promise<PlainAnswer>;

interface Teardown {
  teardown(end: () => void): unknown;
}

/** `node:http` with a keep-alive Agent of one connection. */
export function agentClient(t: Teardown, port: number): PlainClient {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers, agent });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: joined(response.headers), body: Buffer.concat(await response.toArray() as Buffer[]) };
  };
}

/** The `fetch` that Node brings (undici). */
export function fetchClient(port: number): PlainClient {
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) };
  };
}

/** `node:http2` on one connection. */
export function http2Client(t: Teardown, port: number, ca: string): PlainClient {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
  t.teardown(() => session.destroy());
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    return { status: Number(head[':status']), headers: joined(head), body: Buffer.concat(await stream.toArray() as Buffer[]) };
  };
}

/** `curl`, a new one for each request; null where it is not installed. */
export function curlClient(origin: string, options: readonly string[]): PlainClient | null {
  const curl = commandPath('curl');
  if (curl === null) return null;
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const verb = method === 'HEAD' ? ['--head'] : ['-X', method];
    const data = body === undefined ? [] : ['--data-binary', body];
    const args = ['-sS', '-D', '-', '--noproxy', '*', '--path-as-is', ...options, ...verb, ...fields, ...data, `${origin}${path}`];
    const { stdout } = await promisify(execFile)(curl, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    return parseHeads(stdout);
  };
}

/** What curl prints with `-D -`: one head after the other, interim ones before the final one, then the body. */
function parseHeads(output: Buffer): PlainAnswer {
  const end = output.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = output.toString('latin1', 0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const rest = output.subarray(end + 4);
  if (status < 200) return parseHeads(rest);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status, headers, body: rest };
}

function joined(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}
