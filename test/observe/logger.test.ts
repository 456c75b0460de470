import t from 'tap';
import { createLogger } from '../../src/observe/logger.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { MemoryLines } from './memory-lines.ts';

function setup(level: 'error' | 'warn' | 'info' | 'debug' = 'info') {
  const destination = new MemoryLines();
  const logger = createLogger({ level, pretty: false, destination, clock: new ManualClock(), fields: { worker: 2 } });
  return { destination, logger };
}

await t.test('a message is one JSON object: level as a word, ISO time, fields, message', async (t) => {
  const { destination, logger } = setup();
  logger.warn('target 100% gone', { target: 'api:8000', tries: 3 });
  t.strictSame(JSON.parse(destination.last), {
    level: 'warn',
    time: '2026-01-01T00:00:00.000Z',
    worker: 2,
    target: 'api:8000',
    tries: 3,
    message: 'target 100% gone',
  });
  logger.info('alone');
  t.match(JSON.parse(destination.last), { level: 'info', worker: 2, message: 'alone' });
});

await t.test('only messages of the level and above are written, and the level can change', async (t) => {
  const { destination, logger } = setup('warn');
  const say = (): string[] => {
    destination.lines.length = 0;
    for (const level of ['error', 'warn', 'info', 'debug'] as const) logger[level](level);
    return destination.lines.map((line) => (JSON.parse(line) as { message: string }).message);
  };
  t.strictSame(say(), ['error', 'warn']);
  t.notOk(logger.isDebug);
  logger.setLevel('debug');
  t.strictSame(say(), ['error', 'warn', 'info', 'debug']);
  t.ok(logger.isDebug);
  logger.setLevel('error');
  t.strictSame(say(), ['error']);
});

await t.test('an error is written as facts, without what it carries', async (t) => {
  const { destination, logger } = setup();
  logger.error('cannot connect', { error: Object.assign(new Error('refused'), { code: 'ECONNREFUSED', socket: { secret: 'hunter2' } }) });
  t.match(JSON.parse(destination.last), { message: 'cannot connect', error: { type: 'Error', message: 'refused', code: 'ECONNREFUSED' } });
  t.notMatch(destination.last, /hunter2/);
});

await t.test('threat: no value forges a line, reaches a terminal, or breaks the log', async (t) => {
  const { destination, logger } = setup();
  const attack = '\r\n{"level":"info"}\u001b[2J\u009b\u2028';
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  logger.warn(attack, { attack, circle, big: 10n, nested: { attack } });
  t.equal(destination.lines.length, 1);
  t.equal(destination.last.search(/[\p{Cc}\u2028]/u), -1);
  t.match(JSON.parse(destination.last), { message: attack, attack, nested: { attack } });
});

await t.test('a message that found no room is counted; flush is passed on', async (t) => {
  const { destination, logger } = setup();
  destination.isFull = true;
  logger.info('lost');
  destination.isFull = false;
  logger.info('kept');
  logger.flush();
  t.strictSame([logger.dropped, destination.lines.length, destination.flushes], [1, 1, 1]);
});

await t.test('a very long message is cut', async (t) => {
  const { destination, logger } = setup();
  logger.info('x'.repeat(100_000));
  t.ok(destination.last.length < 2300);
});
