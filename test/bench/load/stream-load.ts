import { eachFrame, maskedFrame } from './websocket-frame.ts';
import type { GeneratorResult, GeneratorTask } from './generator-task.ts';
import { answered } from './upgraded.ts';

const MESSAGE = maskedFrame(Buffer.alloc(64, 'm'));

/** Every connection has one message of 64 bytes on its way, and sends the next when it is back. */
export async function echoMessages(task: GeneratorTask): Promise<GeneratorResult> {
  const sockets = await Promise.all(Array.from({ length: task.connections }, async () => answered(task.port, task.path, 101)));
  let count = 0;
  for (const socket of sockets) {
    socket.on('data', eachFrame(() => {
      count += 1;
      socket.write(MESSAGE);
    }));
    socket.write(MESSAGE);
  }
  await passing(task.seconds);
  return { count, failed: 0, seconds: task.seconds };
}

/** Counts the events that come on all connections. */
export async function readEvents(task: GeneratorTask): Promise<GeneratorResult> {
  const sockets = await Promise.all(Array.from({ length: task.connections }, async () => answered(task.port, task.path, 200)));
  let count = 0;
  for (const socket of sockets) socket.on('data', (bytes) => { count += bytes.toString('latin1').split('\n\n').length - 1; });
  await passing(task.seconds);
  return { count, failed: 0, seconds: task.seconds };
}

async function passing(seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (performance.now() < endMs) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
}
