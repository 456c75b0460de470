import { parseArgs } from 'node:util';
import { AdminTokenError } from '../admin/admin-token.ts';
import { closest } from '../lib/closest.ts';
import { certs } from './certs.ts';
import { check } from './check.ts';
import type { CommandOptions } from './command-options.ts';
import { demo } from './demo.ts';
import { health } from './health.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { HELP } from './help.ts';
import { key } from './key.ts';
import { limits } from './limits.ts';
import { logLevel } from './log-level.ts';
import { password } from './password.ts';
import { reload } from './reload.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { tail } from './tail.ts';
import { target } from './target.ts';
import { Exit, processTerminal, type Terminal } from './terminal.ts';
import { top } from './top.ts';
import { version } from './version.ts';

/** A command: told the configuration file, answers with the exit code. */
type Command = (file: string, terminal: Terminal, options: CommandOptions) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  run, check, explain, diff, health, reload, status, tail, top, target, limits, 'log-level': logLevel, certs, key, password, demo,
};

/** Relative to the working directory, as every other path on a command line. */
const DEFAULT_FILE = 'config/gateway.yaml';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
  renew: { type: 'string' },
  roles: { type: 'string' },
  expires: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  running: { type: 'boolean' },
  wait: { type: 'boolean' },
  route: { type: 'string' },
  status: { type: 'string' },
  code: { type: 'string' },
  slow: { type: 'string' },
  client: { type: 'string' },
  last: { type: 'string' },
  clear: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Options of single commands. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  certs: ['json', 'renew'],
  key: ['roles', 'expires'],
  reload: ['wait'],
  explain: ['json', 'header', 'client'],
  diff: ['json', 'running'],
  status: ['json'],
  tail: ['json', 'route', 'status', 'code', 'slow', 'client', 'last'],
  limits: ['clear'],
};

/** How many words may stand behind a command. */
const WORDS_MAX: Readonly<Record<string, number>> = { key: 2, password: 1, explain: 2, diff: 1, target: 3, limits: 1, 'log-level': 1 };

/** Runs one command line to its end. @returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error), terminal);
  }
  const { values, positionals } = parsed;
  const [name, ...rest] = positionals;
  if (values.help === true || name === 'help') {
    terminal.out(HELP);
    return Exit.Ok;
  }
  if (values.version === true) {
    terminal.out(`sluice ${version()}`);
    return Exit.Ok;
  }
  if (name === undefined) return misused('a command is missing', terminal);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const near = closest(name, Object.keys(COMMANDS));
    return misused(`there is no command \`${name}\`${near === null ? '' : `, did you mean \`${near}\`?`}`, terminal);
  }
  const surplus = rest[WORDS_MAX[name] ?? 0];
  if (surplus !== undefined) return misused(`\`${surplus}\` is one word too many`, terminal);
  const stray = Object.values(OPTIONS_OF).flat().find((option) => option in values && !(OPTIONS_OF[name] ?? []).includes(option));
  if (stray !== undefined) return misused(`\`${name}\` has no option \`--${stray}\``, terminal);
  const { config = DEFAULT_FILE, json = false, renew = null, roles = null, expires = null, header: headers = [], running = false, wait = false, last = null, clear = false, ...others } = values;
  const { client = null } = others;
  try {
    return await command(config, terminal, { words: rest, json, renew, roles, expires, headers, client, running, wait, last, clear, filter: others });
  } catch (error) {
    if (!(error instanceof AdminTokenError)) throw error;
    terminal.err(`sluice: ${error.message}`);
    return Exit.Failed;
  }
}

function misused(problem: string, terminal: Terminal): number {
  terminal.err(`sluice: ${problem}\nsluice --help lists the commands.`);
  return Exit.Wrong;
}
