import tls from 'node:tls';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';

/**
 * New TLS 1.3 connections without a request. A full one is closed once the server's ticket is here, a resumed one at once,
 * because not all servers send another ticket then. The group is named, because newer libraries offer one that costs both
 * sides more, which older proxies do not know.
 */
export async function handshakes(task: GeneratorTask): Promise<GeneratorResult> {
  const session = task.resumed ? await shake(task, null) : null;
  const endMs = performance.now() + task.seconds * 1000;
  let count = 0;
  let failed = 0;
  await Promise.all(Array.from({ length: task.connections }, async () => {
    while (performance.now() < endMs) {
      try {
        await shake(task, session);
        count += 1;
      } catch {
        failed += 1;
      }
    }
  }));
  return { count, failed, seconds: task.seconds };
}

async function shake(task: GeneratorTask, session: Buffer | null): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      port: task.port, host: '127.0.0.1', servername: 'localhost', minVersion: 'TLSv1.3', ecdhCurve: 'X25519', rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'], ...(session === null ? {} : { session }),
    });
    socket.setTimeout(5000, () => socket.destroy(new Error('no ticket')));
    socket.once('error', reject);
    if (session === null) {
      socket.once('session', (ticket) => {
        socket.end();
        resolve(ticket);
      });
      return;
    }
    socket.once('secureConnect', () => {
      socket.end();
      if (socket.isSessionReused()) resolve(session);
      else reject(new Error('the session was not resumed'));
    });
  });
}
