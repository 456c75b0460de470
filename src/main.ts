#!/usr/bin/env node
import { fitSmallMachine } from './lib/small-machine.ts';

fitSmallMachine(process.constrainedMemory());
const { main } = await import('./cli/command-line.ts');
process.exitCode = await main(process.argv.slice(2));
