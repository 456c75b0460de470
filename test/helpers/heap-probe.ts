import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, threadId } from 'node:worker_threads';

/** Loaded into a gateway by `--import`: at SIGIO every thread writes `heap THREAD BYTES` to standard error, after a collection of garbage. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const channel = new BroadcastChannel('sluice-heap-probe');
channel.unref();

function tell(): void {
  collectGarbage();
  process.stderr.write(`heap ${threadId} ${process.memoryUsage().heapUsed}\n`);
}

channel.addEventListener('message', tell);
if (isMainThread) {
  process.on('SIGIO', () => {
    channel.postMessage('tell');
    tell();
  });
}
