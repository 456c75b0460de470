// The application behind the proxies, as cheap as it can be made: node target-main.ts PORT
import { createHash } from 'node:crypto';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { bodies } from './bodies.ts';
import { eachFrame } from './load/websocket-frame.ts';

const EVENT = `id: 1\ndata: ${'e'.repeat(90)}\n\n`;
const EVENT_EVERY_MS = 20;
const streams = new Set<http.ServerResponse>();

const server = http.createServer((request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/sse')) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write(EVENT);
    if (url === '/sse') streams.add(response);
    response.on('close', () => streams.delete(response));
    return;
  }
  if (request.method === 'POST') {
    request.on('data', () => undefined).on('end', () => response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}'));
    return;
  }
  const body = bodies.get(url) ?? bodies.get('/small') ?? '';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});

server.on('upgrade', (request, socket: Duplex) => {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  // An upgraded socket may stay half open, and a target that keeps those has no file left for the next ten thousand.
  socket.on('error', () => socket.destroy()).on('end', () => socket.destroy());
  socket.on('data', eachFrame((payload) => socket.write(Buffer.concat([Buffer.from([0x82, payload.length]), payload]))));
});

setInterval(() => {
  for (const response of streams) response.write(EVENT);
}, EVENT_EVERY_MS);

server.keepAliveTimeout = 600_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 8192);
