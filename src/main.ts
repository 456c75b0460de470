#!/usr/bin/env node
import { latePart, MissingPartError } from './lib/late-part.ts';
import { faultOfNode } from './lib/node-version.ts';
import { fitMachine } from './lib/machine.ts';

const fault = faultOfNode(process.versions.node);
if (fault === null) {
  fitMachine(process.constrainedMemory());
  try {
    const { main } = await latePart(async () => import('./cli/command-line.ts'));
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof MissingPartError)) throw error;
    process.stderr.write(`sluice: ${error.message}.\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write(fault);
  process.exitCode = 1;
}
