// node http-proxy-main.ts PORT TARGET SETUP
import http from 'node:http';
import httpProxy from 'http-proxy';
import { answerHeaders, type Setup } from './peer.ts';

const [, , port, target = '', setup = ''] = process.argv;
const headers = answerHeaders(JSON.parse(setup) as Setup);
const proxy = httpProxy.createProxyServer({ target, xfwd: true, agent: new http.Agent({ keepAlive: true }) });
proxy.on('proxyRes', (_answer, _request, response) => {
  for (const [name, value] of headers) response.setHeader(name, value);
});
proxy.on('error', (_error, _request, response) => response.destroy());
const server = http.createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(Number(port), '127.0.0.1');
