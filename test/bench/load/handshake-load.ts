import tls from 'node:tls';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';

/**
 * New TLS 1.3 connections without a request, each closed once the server's ticket is here. The group is named, because newer
 * libraries offer one that costs both sides more, which older proxies do not know.
 */
export async function handshakes(task: GeneratorTask): Promise<GeneratorResult> {
  let session = task.resumed ? await shake(task, null) : null;
  const endMs = performance.now() + task.seconds * 1000;
  let count = 0;
  let failed = 0;
  await Promise.all(Array.from({ length: task.connections }, async () => {
    while (performance.now() < endMs) {
      try {
        const next = await shake(task, session);
        if (task.resumed) session = next;
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
    socket.once('session', (ticket) => {
      const wrong = socket.isSessionReused() !== (session !== null);
      socket.end();
      if (wrong) reject(new Error('resumed, or not, against the wish'));
      else resolve(ticket);
    });
  });
}
