import type net from 'node:net';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';
import { answered } from './upgraded.ts';

const AT_ONCE = 32;

/** Opens connections that then do nothing: WebSockets on `/ws`, and else whatever the path answers. The first that fails is the last. */
export async function holdIdle(task: GeneratorTask): Promise<GeneratorResult> {
  const open: net.Socket[] = [];
  let begun = 0;
  let reason: string | null = null;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (begun < task.connections && reason === null) {
      begun += 1;
      try {
        const socket = await answered(task.port, task.path, task.path === '/ws' ? 101 : 200);
        open.push(socket.resume());
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
  }));
  const count = open.filter((socket) => !socket.destroyed).length;
  if (reason === null && count < task.connections) reason = 'the proxy has closed the others';
  return { count, failed: task.connections - count, seconds: 0, stays: true, ...(reason === null ? {} : { reason }) };
}
