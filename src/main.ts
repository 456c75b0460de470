#!/usr/bin/env node
import { faultOfNode } from './lib/node-version.ts';
import { fitMachine } from './lib/machine.ts';

const fault = faultOfNode(process.versions.node);
if (fault === null) {
  fitMachine(process.constrainedMemory());
  const { main } = await import('./cli/command-line.ts');
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(fault);
  process.exitCode = 1;
}
