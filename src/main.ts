#!/usr/bin/env node
import { main } from './cli/command-line.ts';

process.exitCode = await main(process.argv.slice(2));
