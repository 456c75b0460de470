import { systemClock } from '../lib/clock.ts';
import { createInstanceApp } from './instance-app.ts';
import type { InstanceMessage } from './instance-message.ts';

/** One instance as a process of its own: `node instance-main.ts NAME PORT`, started by demo.ts over IPC. */
const LEAVE_MS_MAX = 1000;

const [name = 'demo', port = '0'] = process.argv.slice(2);
const app = await createInstanceApp({ name, clock: systemClock, onStop: leave });

process.on('SIGTERM', leave);
// Ctrl-C reaches every process of the terminal; when to end is for the one that started this.
process.on('SIGINT', () => undefined);
process.on('disconnect', leave);

try {
  await app.listen({ host: '127.0.0.1', port: Number(port) });
  const address = app.server.address();
  tell({ kind: 'listening', port: typeof address === 'object' && address !== null ? address.port : Number(port) });
} catch (error) {
  const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const text = isInUse ? `port ${port} is in use` : String(error);
  tell({ kind: 'failed', text });
  process.disconnect?.();
}

function tell(message: InstanceMessage): void {
  process.send?.(message);
}

/** Takes no more connections and ends soon, whatever is still open. */
function leave(): void {
  systemClock.every(LEAVE_MS_MAX, () => process.exit(0));
  app.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
