// node http-proxy-main.ts PORT TARGET
import http from 'node:http';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { SECURITY_HEADERS } from './peer.ts';

/** What we use of the package, which brings no types. */
interface ProxyServer {
  web(request: http.IncomingMessage, response: http.ServerResponse): void;
  ws(request: http.IncomingMessage, socket: Duplex, head: Buffer): void;
  on(event: 'proxyRes' | 'error', listener: (what: unknown, request: unknown, response: http.ServerResponse) => void): void;
}

const httpProxy = createRequire(import.meta.url)('http-proxy') as { createProxyServer(options: object): ProxyServer };
const [, , port, target = ''] = process.argv;
const proxy = httpProxy.createProxyServer({ target, xfwd: true, agent: new http.Agent({ keepAlive: true }) });
proxy.on('proxyRes', (_answer, _request, response) => {
  for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
});
proxy.on('error', (_error, _request, response) => response.destroy());
const server = http.createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(Number(port), '127.0.0.1');
