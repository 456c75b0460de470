import { stripVTControlCharacters } from 'node:util';
import t, { type Test } from 'tap';
import { top } from '../../src/cli/top.ts';
import { sampleSnapshot, steadyHistory } from '../admin/sample-traffic.ts';
import { adminFile, commandOutcome, moveAdmin } from '../helpers/admin-file.ts';
import { startAdmin, startStranger, type SampleGateway } from '../helpers/admin-place.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { MemoryScreen, MemoryTerminal } from '../helpers/memory-terminal.ts';
import { eventually } from '../helpers/wait-for.ts';

const COUNT = { requests: 30, errors: 3, p50Ms: 2, p95Ms: 40 };

interface Given extends SampleGateway {
  readonly file: string;
  readonly terminal: MemoryTerminal;
  readonly screen: MemoryScreen;
  readonly clock: ManualClock;
  readonly over: Promise<number>;
  readonly frames: () => string[];
}

async function start(t: Test): Promise<Given> {
  const gateway = await startAdmin(t);
  gateway.services.traffic.current = sampleSnapshot(Date.UTC(2026, 0, 1), [steadyHistory('a/*', COUNT)]);
  const [terminal, screen, clock] = [new MemoryTerminal(), new MemoryScreen(80, 24), new ManualClock()];
  terminal.session.screen = screen;
  const file = adminFile(t, gateway.place.address.port);
  const over = top(file, terminal, { words: [] }, clock);
  t.teardown(() => terminal.session.end());
  const frames = (): string[] => terminal.printed.split('\u001b[H').slice(1);
  await eventually(() => frames().length === 1, 20_000);
  return { ...gateway, file, terminal, screen, clock, over, frames };
}

await t.test('a frame is drawn over the one before, in one write, and clears what is left of it', async (t) => {
  const { services, screen, terminal, frames, over } = await start(t);
  t.ok(screen.isOpen);
  services.traffic.tell([{ route: 'b/*', step: COUNT, minute: COUNT }]);
  await eventually(() => frames().length === 2, 20_000);
  const [first = '', second = ''] = frames();
  t.match([first, second], [/\r\na\/\* /, /\r\nb\/\* /]);
  t.ok(first.split('\r\n').every((line) => line.includes('\u001b[K')), 'each line clears its rest');
  t.ok(first.endsWith('\u001b[K\u001b[J'), 'and the last one what is below; no line feed scrolls the screen');
  t.notMatch(first, '\u001b[2J', 'nothing is blank in between');
  terminal.session.end();
  t.strictSame([await over, terminal.session.isClosed, terminal.complained], [0, true, '']);
});

await t.test('another size of the terminal is drawn at once', async (t) => {
  const { screen, frames } = await start(t);
  screen.columns = 40;
  screen.rows = 5;
  screen.resized();
  t.equal(frames().length, 2);
  const lines = stripVTControlCharacters(frames()[1] ?? '').split('\r\n');
  t.equal(lines.length, 5);
  t.ok(lines.every((line) => line.length < 40));
});

/** The third frame, after that of the loss, shows figures again. */
async function backAgain(t: Test, { clock, frames, terminal, over }: Awaited<ReturnType<typeof start>>): Promise<void> {
  await eventually(() => {
    clock.advance(1000);
    return frames().length === 3;
  }, 20_000);
  t.notMatch(frames()[2], 'No answer');
  terminal.session.end();
  t.equal(await over, 0);
}

await t.test('while the gateway is away the last figures stay, with a word above', async (t) => {
  const started = await start(t);
  const { server, services, place, frames } = started;
  await server.retire();
  const at = `127.0.0.1:${place.address.port}`;
  await eventually(() => frames().length === 2, 20_000);
  t.match(frames()[1], new RegExp(`^No answer from ${at} any more; this is how it was\\.[^]*a/\\* `));
  await startAdmin(t, { port: place.address.port, services });
  await backAgain(t, started);
});

await t.test('a reload that moves the admin listener is lived through', async (t) => {
  const started = await start(t);
  const { file, server, services, frames } = started;
  moveAdmin(file, (await startAdmin(t, { services })).place.address.port);
  await server.retire();
  await eventually(() => frames().length === 2, 20_000);
  t.match(frames()[1], 'No answer');
  await backAgain(t, started);
});

await t.test('where standard output is no terminal it is one table', async (t) => {
  const { place, services } = await startAdmin(t);
  services.traffic.current = sampleSnapshot(Date.UTC(2026, 0, 1), [steadyHistory('a/*', COUNT)]);
  const [code, out, err] = await commandOutcome(['top', '-c', adminFile(t, place.address.port)]);
  t.match([code, out, err], [0, /^\S+ {2}Sluice 1\.2\.3 ready[^]*\na\/\* +6\.0 +10 % +2\.0 ms +40 ms\n[^]*\n$/, '']);
  t.notMatch(out, '\u001b');
});

await t.test('a terminal is not touched where nobody answers, or as many watch as may', async (t) => {
  const place = await startStranger(t, (_request, response) => response.writeHead(503).end('{"detail":"Close one."}'));
  const terminal = new MemoryTerminal();
  const screen = new MemoryScreen(80, 24);
  terminal.session.screen = screen;
  t.equal(await top(adminFile(t, place.address.port), terminal, { words: [] }), 1);
  t.match([screen.isOpen, terminal.printed, terminal.complained], [false, '', /opened no stream \(503\): Close one\./]);
  t.match(await commandOutcome(['top', '-c', adminFile(t, place.address.port)]), [1, '', /as many follow the status/]);
});
