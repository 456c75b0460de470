// Stands in for your service: says who it is and who asked, streams events, and answers health checks.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const server = createServer((request, response) => {
  if (request.url === '/health') {
    response.end('ok\n');
  } else if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(`data: ${hostname()} ${new Date().toISOString()}\n\n`), 1000);
    response.on('close', () => clearInterval(timer));
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ from: hostname(), client: request.headers['x-forwarded-for'], path: request.url })}\n`);
  }
});
server.listen(Number(process.env.PORT ?? 8000));
process.once('SIGTERM', () => server.close());
