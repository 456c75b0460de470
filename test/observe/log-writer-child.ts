// A thread that writes numbered lines to a log file as a worker of Sluice does; run by test/threats/logs.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../src/lib/clock.ts';
import { LogFile } from '../../src/observe/log-file.ts';

interface Job {
  readonly file: string;
  readonly name: string;
  /** Lines in one turn of the event loop. */
  readonly batch: number;
}

/** How many more lines to write, that the file has been renamed, or that it is enough. */
export type WriterMessage = number | 'reopen' | 'end';

const { file, name, batch } = workerData as Job;
const output = new LogFile({ file, bufferBytesMax: 64 * 1024 * 1024, clock: systemClock, onProblem: (reason) => parentPort?.postMessage({ problem: reason }) });
let written = 0;
let wanted = 0;
let isEnding = false;

function write(): void {
  for (let index = 0; index < batch && written < wanted; index += 1) {
    output.write(`${name}-${written} ${'x'.repeat(80)}\n`);
    written += 1;
  }
  if (written < wanted) setImmediate(write);
  else if (isEnding) void end();
}

async function end(): Promise<void> {
  await output.end();
  parentPort?.postMessage({ dropped: output.dropped });
  parentPort?.close();
}

parentPort?.on('message', (message: WriterMessage) => {
  if (message === 'reopen') return output.reopen();
  if (message === 'end') isEnding = true;
  else wanted += message;
  write();
});
