import { parseArgs } from 'node:util';
import { AdminTokenError } from '../admin/admin-token.ts';
import { closest } from '../lib/closest.ts';
import { latePart } from '../lib/late-part.ts';
import type { CommandOptions } from './command-options.ts';
import { HELP } from './help.ts';
import { Exit, processTerminal, type Terminal } from './terminal.ts';
import { version } from './version.ts';

/** A command: told the configuration file, answers with the exit code. */
type Command = (file: string, terminal: Terminal, options: CommandOptions) => Promise<number>;

/** Each is loaded when it is asked for: a health check every few seconds must not load the gateway. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  check: async () => (await import('./check.ts')).check,
  explain: async () => (await import('./explain.ts')).explain,
  diff: async () => (await import('./diff.ts')).diff,
  health: async () => (await import('./health.ts')).health,
  reload: async () => (await import('./reload.ts')).reload,
  status: async () => (await import('./status.ts')).status,
  tail: async () => (await import('./tail.ts')).tail,
  top: async () => (await import('./top.ts')).top,
  target: async () => (await import('./target.ts')).target,
  limits: async () => (await import('./limits.ts')).limits,
  'log-level': async () => (await import('./log-level.ts')).logLevel,
  certs: async () => (await import('./certs.ts')).certs,
  key: async () => (await import('./key.ts')).key,
  password: async () => (await import('./password.ts')).password,
  demo: async () => (await import('./demo.ts')).demo,
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
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const near = closest(name, Object.keys(COMMANDS));
    return misused(`there is no command \`${name}\`${near === null ? '' : `, did you mean \`${near}\`?`}`, terminal);
  }
  const surplus = rest[WORDS_MAX[name] ?? 0];
  if (surplus !== undefined) return misused(`\`${surplus}\` is one word too many`, terminal);
  const stray = Object.values(OPTIONS_OF).flat().find((option) => option in values && !(OPTIONS_OF[name] ?? []).includes(option));
  if (stray !== undefined) return misused(`\`${name}\` has no option \`--${stray}\``, terminal);
  const { config = DEFAULT_FILE, json = false, renew = null, roles = null, expires = null, header: headers = [], running = false, wait = false, last = null, clear = false, ...others } = values;
  const { client = null } = others;
  const command = await latePart(load);
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
