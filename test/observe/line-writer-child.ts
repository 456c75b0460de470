// A process or a thread that writes lines to a descriptor as Sluice does; run by line-writer.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { createLineWriter } from '../../src/observe/line-writer.ts';

interface Job {
  readonly fd: number;
  readonly line: string;
  readonly count: number;
}

if (parentPort === null) {
  const writer = createLineWriter();
  writer.write('first\n');
  process.once('message', () => {
    writer.write('second\n');
    writer.flush();
    process.send?.(writer.dropped);
    process.disconnect?.();
  });
} else {
  const { fd, line, count } = workerData as Job;
  const writer = createLineWriter({ fd });
  for (let index = 0; index < count; index++) writer.write(line);
}
