import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import t, { type Test } from 'tap';
import { COMBINED_TEMPLATE } from '../../src/config/log-template.ts';
import { startGateway } from '../helpers/gateway.ts';
import { startNginx } from '../helpers/nginx.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const REQUESTS: readonly string[] = [
  'GET /empty HTTP/1.1\r\nHost: app.example:8080\r\nUser-Agent: curl/8.0\r\nReferer: https://a.example/x?y=1\r\n\r\n',
  'GET /etag HTTP/1.1\r\nHost: A.Example\r\n\r\n',
  'GET /same HTTP/1.1\r\nHost: a\r\nIf-None-Match: "v1"\r\n\r\n',
  'GET /gone HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /broken?%7e=%41 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /none/%41%7e/b HTTP/1.1\r\nHost: a\r\n\r\n',
  'HEAD /etag HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /no-content HTTP/1.1\r\nHost: a\r\nReferer: \r\nUser-Agent: \r\n\r\n',
  'GET /range HTTP/1.1\r\nHost: a\r\nRange: bytes=0-4\r\n\r\n',
  'GET /teapot HTTP/1.1\r\nHost: a\r\nUser-Agent: a "quoted" \\ one\r\n\r\n',
  'GET /empty HTTP/1.1\r\nHost: a\r\nUser-Agent: caf\xe9 \t tab\x80\xff\r\nReferer: \xec\x95\x88\xeb\x85\x95\r\n\r\n',
  'GET /empty?a=1&b=%22%0d%0a&c=x+y HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /empty? HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Tenant: one\r\n\r\nhello',
  'PUT /teapot HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  'DELETE /cookies HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /empty HTTP/1.0\r\nHost: a\r\n\r\n',
  `GET /etag?long=${'x'.repeat(900)} HTTP/1.1\r\nHost: a\r\n\r\n`,
];

const ANSWERS: Readonly<Record<string, readonly [status: number, body: string]>> = {
  '/empty': [200, ''], '/etag': [200, 'x'.repeat(4500)], '/no-content': [204, ''], '/range': [206, 'hello'], '/teapot': [418, 'tea'], '/gone': [410, ''], '/broken': [500, 'sorry'], '/same': [304, ''],
};

const FURTHER = '$request_method|$request_uri|$args|$is_args|$query_string|$scheme|$https|$server_protocol|$status|$body_bytes_sent|$host|$http_host|$http_x_tenant|$sent_http_content_type|$upstream_status|$request_length|$ssl_protocol|${remote_addr}x';
const TIME = /\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]/;

/** With a length each: of a body in chunks, nginx counts the framing too, as long as its own chunks are. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const [target = ''] = (request.url ?? '').split('?');
  const [status, body] = ANSWERS[target] ?? [404, 'none'];
  if (status === 204 || status === 304) response.writeHead(status).end();
  else response.writeHead(status, { 'Content-Length': body.length, ...(body !== '' && { 'Content-Type': 'text/plain' }) }).end(request.method === 'HEAD' ? '' : body);
}

async function send(port: number): Promise<void> {
  for (const request of REQUESTS) {
    const client = await RawClient.connect({ port });
    client.write(request);
    await client.readResponse({ method: request.slice(0, request.indexOf(' ')) });
    client.destroy();
  }
}

async function linesOf(file: string): Promise<string[]> {
  return eventually(() => {
    const lines = existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : [];
    return lines.length >= REQUESTS.length && lines;
  }, 5000);
}

/** The lines that nginx and Sluice write for the same requests. */
async function bothLogs(t: Test, nginxFormat: string, option: string): Promise<readonly [nginx: string[], sluice: string[]] | null> {
  const program = requireService(t, 'nginx');
  if (program === null) return null;
  const sink = await startHttpUpstream(answer);
  t.teardown(async () => sink.close());
  const dir = tempDir(t);
  const [ours, theirs] = [path.join(dir, 'sluice.log'), path.join(dir, 'nginx.log')];
  const nginxPort = await startNginx(t, program, sink.target, nginxFormat.replace('FILE', theirs));
  const { httpPort } = await startGateway(t, `accessLog: { ${option}, to: { file: "${ours}" } }\nroutes: [{ upstream: "${sink.target}" }]`);
  await send(nginxPort);
  await send(httpPort);
  return [await linesOf(theirs), await linesOf(ours)];
}

await t.test('combined is byte for byte what nginx writes, but for the moment', async (t) => {
  const both = await bothLogs(t, 'access_log FILE combined;', 'format: combined');
  if (both === null) return;
  const [nginx, sluice] = both.map((lines) => lines.map((line) => line.replace(TIME, '[…]')));
  t.strictSame(sluice, nginx);
  const [first, second] = both.map(([line = '']) => Date.parse((TIME.exec(line)?.[1] ?? '').replace(/^(\d\d)\/(...)\/(\d{4}):/, '$1 $2 $3 ')));
  t.ok(Math.abs((second ?? 0) - (first ?? 1e9)) <= 10_000, 'and the moment is written alike');
});

await t.test('so are the further variables of a log_format, and JSON in one', async (t) => {
  const format = `log_format further '${FURTHER}'; access_log FILE further;`;
  const both = await bothLogs(t, format, `template: '${FURTHER.replaceAll('${', () => '$${')}'`);
  if (both === null) return;
  t.strictSame(both[1], both[0]);
  const json = '{"agent":"$http_user_agent","referer":"$http_referer","uri":"$request_uri","tenant":"$http_x_tenant"}';
  const other = await bothLogs(t, `log_format j escape=json '${json}'; access_log FILE j;`, `template: '${json}', escape: json`);
  if (other === null) return;
  const parsed = other.map((lines, index) => lines.map((line): unknown => JSON.parse(index === 0 ? line : Buffer.from(line, 'latin1').toString('utf8'))));
  t.strictSame(parsed[1], parsed[0]);
});

await t.test('the constant of the documentation is the template that is used', async (t) => {
  t.equal(COMBINED_TEMPLATE, '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"');
});
