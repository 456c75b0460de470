import type { Clock } from '../lib/clock.ts';
import type { ErrorFacts } from './error-facts.ts';
import type { LineWriter } from './line-writer.ts';
import type { Level, LogEntry, WriteEntry } from './log-entry.ts';
import { plainText } from './safe-text.ts';
import { clockTime, terminalStyle, type Paint } from './terminal-style.ts';

const MESSAGE_BYTES_MAX = 2048;
const VALUE_BYTES_MAX = 512;

/** Messages for people: `12:03:04 info  listening  address=127.0.0.1:8080`, stacks below errors only. */
export function prettyEntries(destination: LineWriter, clock: Clock): WriteEntry {
  const style = terminalStyle(destination.hasColour);
  const paints: Record<Level, Paint> = { error: style.bad, warn: style.warning, info: style.notable, debug: style.faint };
  return (entry) => {
    const time = style.faint(clockTime(clock.now()));
    const level = paints[entry.level](entry.level.padEnd(5));
    const facts = fieldTexts(entry);
    const fields = facts === '' ? '' : style.faint(`  ${facts}`);
    const stack = entry.level === 'error' && entry.error !== null ? style.faint(stackText(entry.error)) : '';
    return destination.write(`${time} ${level} ${messageText(entry)}${fields}${stack}\n`);
  };
}

function messageText(entry: LogEntry): string {
  const causes: string[] = [];
  for (let error: ErrorFacts | undefined = entry.error ?? undefined; error !== undefined; error = error.cause) {
    const code = error.code === undefined || error.message.includes(error.code) ? '' : ` (${error.code})`;
    causes.push(`: ${error.message}${code}`);
  }
  return plainText(entry.message + causes.join(''), MESSAGE_BYTES_MAX);
}

function fieldTexts(entry: LogEntry): string {
  return Object.entries(entry.fields)
    .map(([name, value]) => `${name}=${plainText(typeof value === 'string' ? value : jsonOf(value), VALUE_BYTES_MAX)}`)
    .join(' ');
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A cycle or a bigint: not worth a line less.
    return Object.prototype.toString.call(value);
  }
}

function stackText(error: ErrorFacts): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((frame) => frame !== '')
    .map((frame) => `\n           ${plainText(frame, VALUE_BYTES_MAX)}`)
    .join('');
}
