import type net from 'node:net';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';
import { answered } from './upgraded.ts';

const AT_ONCE = 32;

/** Opens connections that then do nothing: WebSockets on `/ws`, and else whatever the path answers. */
export async function holdIdle(task: GeneratorTask): Promise<GeneratorResult> {
  const open: net.Socket[] = [];
  let begun = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (begun < task.connections) {
      begun += 1;
      open.push(await answered(task.port, task.path, task.path === '/ws' ? 101 : 200));
    }
  }));
  for (const socket of open) socket.resume().on('error', () => socket.destroy());
  return { count: open.filter((socket) => !socket.destroyed).length, failed: 0, seconds: 0, stays: true };
}
