// Loads that wrk and h2load cannot make, in a process of its own: node generator-main.ts JSON, see GeneratorTask. The result is a line of JSON.
import type { GeneratorTask, GeneratorResult } from './generator-task.ts';
import { handshakes } from './handshake-load.ts';
import { holdIdle } from './idle-load.ts';
import { openLoop } from './open-loop.ts';
import { echoMessages, readEvents } from './stream-load.ts';

async function run(task: GeneratorTask): Promise<GeneratorResult> {
  switch (task.kind) {
    case 'open-loop':
      return openLoop(task);
    case 'echo':
      return echoMessages(task);
    case 'events':
      return readEvents(task);
    case 'handshakes':
      return handshakes(task);
    case 'idle':
      return holdIdle(task);
  }
}

const result = await run(JSON.parse(process.argv[2] ?? '') as GeneratorTask);
process.stdout.write(`${JSON.stringify(result)}\n`);
// Idle connections stay open until the runner has looked, and ends this process.
if (result.stays !== true) process.exit();
