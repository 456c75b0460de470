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
    // Without it Node would send the body of a DELETE or OPTIONS unframed.
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = http.request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: joined(response.headers), body: Buffer.concat(await response.toArray() as Buffer[]) };
  };
}

/** The `fetch` that Node brings (undici). */
export function fetchClient(port: number): PlainClient {
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
    return { status: response.status, headers: joined({ ...Object.fromEntries(response.headers), 'set-cookie': response.headers.getSetCookie() }), body: Buffer.from(await response.arrayBuffer()) };
  };
}

/** `node:http2` on one connection. */
export function http2Client(t: Teardown, port: number, ca: string): PlainClient {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
  t.teardown(() => session.destroy());
  return async ({ method = 'GET', path, headers = {}, body }) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined || body === '' });
    if (body !== undefined && body !== '') stream.end(body);
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
    const verb = method === 'HEAD' ? ['--head', '-o', '/dev/null'] : ['-X', method];
    const data = body === undefined ? [] : ['--data-binary', body];
    const args = ['-sS', '-w', '%{stderr}%{http_code} %{header_json}', '--noproxy', '*', '--path-as-is', ...options, ...verb, ...fields, ...data, `${origin}${path}`];
    const { stdout, stderr } = await promisify(execFile)(curl, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    const status = stderr.toString('latin1', 0, 3);
    return { status: Number(status), headers: joined(JSON.parse(stderr.toString('latin1', 4)) as Record<string, string[]>), body: stdout };
  };
}

function joined(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}
