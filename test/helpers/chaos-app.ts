/**
 * The process behind a ChaosTarget: `node chaos-app.ts HOST PORT LEDGER`. Writes the id of every request to
 * the ledger before anything else, synchronously, so that what it saw is known even after a SIGKILL.
 */
import { openSync, writeSync } from 'node:fs';
import http from 'node:http';

/** `fail`: answers 500. `silent`: takes requests and never answers. `reset`: cuts the connection of each. Health checks fare alike. */
export type ChaosMode = 'ok' | 'fail' | 'silent' | 'reset';

const [host = '', port = '', ledger = ''] = process.argv.slice(2);
const log = openSync(ledger, 'a');
let mode: ChaosMode = 'ok';
let stopping = false;

const server = http.createServer((request, response) => {
  const id = String(request.headers['x-chaos-id'] ?? '');
  if (id !== '') writeSync(log, `${id}\n`);
  request.resume();
  if (mode === 'silent') return;
  if (mode === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  request.once('end', () => {
    if (stopping) response.shouldKeepAlive = false;
    response.statusCode = mode === 'fail' ? 500 : 200;
    response.end(`${request.method} ${id}`);
  });
});

process.on('message', (next: ChaosMode) => {
  mode = next;
  process.send?.('done');
});
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => {
  stopping = true;
  server.close(() => process.exit());
});
// Idle connections must not close by themselves: only a test says when something goes away.
server.keepAliveTimeout = 120_000;
server.listen({ host, port: Number(port) }, () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : 0);
});
