import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { MetricsPage, sumOf, type Counts } from '../helpers/metrics-page.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startSluice, type SluiceProcess } from '../helpers/sluice-process.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const DROPPED = 'sluice_log_lines_dropped_total{log="access"}';
const PIPELINE = 10;
const WAIT_MS = 20_000;

interface Gateway {
  readonly process: SluiceProcess;
  readonly page: MetricsPage;
}

/** A process of two workers with an access log. @param options of it. */
async function start(t: Test, options: string): Promise<Gateway> {
  const process = await startSluice(t, `
workers: 2
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
accessLog: { fields: [path, status], ${options} }
routes: [{ respond: { body: well } }]`);
  return { process, page: new MetricsPage(process.adminPort) };
}

/** Requests from several clients at once, in pipelines, each with a path of its own, and more until it is over. @returns the paths that were answered as they should be. */
async function load({ process }: Gateway, clients: number, each: number, isOver: () => boolean = () => true): Promise<readonly string[]> {
  const paths = await Promise.all(Array.from({ length: clients }, async (_, name) => {
    const client = await RawClient.connect({ port: process.httpPort });
    const own: string[] = [];
    while (own.length < each || !isOver()) {
      // What is over and above goes one by one: it is to fill the time, not the disk.
      const batch = Array.from({ length: own.length < each ? PIPELINE : 1 }, (_unused, index) => `/${name}/${own.length + index}/${'x'.repeat(300)}`);
      client.write(batch.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
      for (const target of batch) if ((await client.readResponse({ timeoutMs: WAIT_MS })).status === 200) own.push(target);
    }
    client.destroy();
    return own;
  }));
  return paths.flat();
}

/** Metrics once so many requests are in them, and with each its line. */
async function countsAfter({ page }: Gateway, requests: number): Promise<Counts> {
  return eventually(async () => {
    const counts = await page.counts();
    return sumOf(counts, 'sluice_http_requests_total') === requests && counts;
  }, WAIT_MS);
}

function pathsIn(lines: readonly string[]): string[] {
  return lines.map((line) => (JSON.parse(line) as { path: string }).path);
}

await t.test('threat: a full disk takes no request and no worker with it, and what it costs is counted', async (t) => {
  const gateway = await start(t, 'buffer: 64KB, to: { file: /dev/full }');
  t.equal((await load(gateway, 8, 100)).length, 800);
  const counts = await countsAfter(gateway, 800);
  t.ok(counts.get(DROPPED)! > 0 && counts.get(DROPPED)! <= 800, `${counts.get(DROPPED)} lines dropped`);
  t.match(Object.fromEntries(counts), { 'sluice_worker_restarts_total': 0, 'sluice_worker_up{worker="1"}': 1, 'sluice_worker_up{worker="2"}': 1 });
  t.match(gateway.process.output(), /the access log cannot be written/);
  t.equal((await load(gateway, 1, PIPELINE)).length, PIPELINE);
});

await t.test('threat: behind a pipe that nobody empties traffic goes on, and each line is read in the end or counted as dropped', async (t) => {
  const pipe = path.join(tempDir(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  const gateway = await start(t, `buffer: 64KB, to: { file: "${pipe}" }`);
  const sent = await load(gateway, 8, 100);
  t.equal(sent.length, 800);
  const dropped = (await countsAfter(gateway, sent.length)).get(DROPPED) ?? 0;
  t.ok(dropped > 0);
  const buffer = Buffer.alloc(65_536);
  let text = '';
  const lines = await eventually(() => {
    try {
      text += buffer.toString('utf8', 0, readSync(reader, buffer));
    } catch {
      // It is empty at this moment.
    }
    const whole = text.split('\n').slice(0, -1);
    return whole.length >= sent.length - dropped && whole;
  }, WAIT_MS);
  t.equal(lines.length + dropped, sent.length, `${lines.length} lines written, ${dropped} dropped`);
  const told = pathsIn(lines);
  t.equal(new Set(told).size, told.length, 'none is there twice');
  t.strictSame(told.filter((target) => !sent.includes(target)), [], 'and each is whole');
  t.equal((await gateway.page.counts()).get(DROPPED), dropped, 'with a reader, no more is lost');
});

await t.test('threat: while two workers write under load and the file is put aside again and again, no line is lost, cut or there twice', async (t) => {
  const dir = tempDir(t);
  const gateway = await start(t, `to: { file: "${dir}/access.log", rotate: { size: 20KB, keep: 1000 } }`);
  const aside = (): number => readdirSync(dir).length - 1;
  const sent = await load(gateway, 2, 200, () => aside() >= 3);
  const written = (): string[] => readdirSync(dir).flatMap((name) => readFileSync(path.join(dir, name), 'utf8').split('\n').slice(0, -1));
  await countsAfter(gateway, sent.length);
  const lines = await eventually(() => {
    const now = written();
    return now.length >= sent.length && now;
  }, WAIT_MS);
  t.ok(aside() >= 3, `${aside()} files put aside, ${sent.length} lines`);
  t.strictSame(pathsIn(lines).toSorted(), sent.toSorted());
  t.equal((await gateway.page.counts()).get(DROPPED), 0);
});
