import t from 'tap';
import { errorFacts } from '../../src/observe/error-facts.ts';
import { prettyEntries } from '../../src/observe/logger-pretty.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { MemoryLines } from './memory-lines.ts';

const clock = new ManualClock(new Date(2026, 0, 2, 12, 3, 4).getTime());

await t.test('a message is one aligned line with its fields behind it', async (t) => {
  const destination = new MemoryLines();
  const write = prettyEntries(destination, clock);
  t.ok(write({ level: 'info', message: 'listening', fields: { address: '[::]:80', workers: 2, tls: { h2: true } }, error: null }));
  t.equal(destination.last, '12:03:04 info  listening  address=[::]:80 workers=2 tls={"h2":true}');
  write({ level: 'error', message: 'bare', fields: {}, error: null });
  t.equal(destination.last, '12:03:04 error bare');
});

await t.test('an error continues the message with its causes; its places stand below, for level error only', async (t) => {
  const destination = new MemoryLines();
  const write = prettyEntries(destination, clock);
  const error = errorFacts(new Error('reload failed', { cause: Object.assign(new Error('no such file'), { code: 'ENOENT' }) }));
  write({ level: 'warn', message: 'config', fields: {}, error });
  t.equal(destination.last, '12:03:04 warn  config: reload failed: no such file (ENOENT)');
  write({ level: 'error', message: 'config', fields: {}, error });
  const [first, second] = destination.last.split('\n');
  t.equal(first, '12:03:04 error config: reload failed: no such file (ENOENT)');
  t.match(second, /^ {11}at .*logger-pretty\.test/);
});

await t.test('colour is used where the destination has it', async (t) => {
  const destination = new MemoryLines(true, true);
  prettyEntries(destination, clock)({ level: 'error', message: 'x', fields: {}, error: null });
  t.match(destination.last, '\u001b[31merror\u001b[0m');
});

await t.test('threat: nothing in a message, field or error drives the terminal; a cycle is no failure', async (t) => {
  const destination = new MemoryLines();
  const attack = '\r\n\u001b[2J\u009b\u202e';
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  prettyEntries(destination, clock)({ level: 'warn', message: attack, fields: { attack, circle, nothing: undefined }, error: errorFacts(new Error(attack)) });
  t.equal(destination.last.search(/[\p{Cc}\u202e]/u), -1);
  t.match(destination.last, 'circle=[object Object] nothing=undefined');
});

await t.test('a refused line is reported', async (t) => {
  const destination = new MemoryLines();
  destination.isFull = true;
  t.notOk(prettyEntries(destination, clock)({ level: 'info', message: 'x', fields: {}, error: null }));
});
