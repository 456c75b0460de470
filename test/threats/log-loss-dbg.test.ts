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

/** A process of two workers that writes its access log there. */
async function start(t: Test, to: string): Promise<Gateway> {
  const process = await startSluice(t, `
workers: 2
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
accessLog: { fields: [path, status], buffer: 64KB, to: ${to} }
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

await t.test('threat: while two workers write under load and the file is put aside again and again, no line is lost, cut or there twice', async (t) => {
  const dir = tempDir(t);
  const gateway = await start(t, `{ file: "${dir}/access.log", rotate: { size: 20KB, keep: 1000 } }`);
  const aside = (): number => readdirSync(dir).length - 1;
  const sent = await load(gateway, 2, 200, () => aside() >= 3);
  const written = (): string[] => readdirSync(dir).flatMap((name) => readFileSync(path.join(dir, name), 'utf8').split('\n').slice(0, -1));
  await countsAfter(gateway, sent.length);
  const lines = await eventually(() => {
    const now = written();
    return now.length >= sent.length && now;
  }, 4000).catch(async (e) => {
    const show = () => { const got = pathsIn(written()); const set = new Set(got); const miss = sent.filter((x) => !set.has(x)).map((x) => x.slice(0, 8)); console.error('STUCK', sent.length, got.length, set.size, 'missing', miss.length, miss.slice(0,40).join(' '), '...', miss.slice(-3).join(' ')); };
    show();
    const c = await gateway.page.counts(); console.error([...c].filter(([k]) => /requests_total|dropped/.test(k)).map(String).join('\n'));
    console.error(execFileSync('bash', ['-c', 'wc -l '+dir+'/*; ls -l --time-sort '+dir]).toString());
    console.error(execFileSync('bash', ['-c', `ls -l /proc/${gateway.process.child.pid}/fd | grep access`]).toString());
    for (let q = 0; q < 10; q++) await load(gateway, 1, 1); 
    await eventually(() => false, 1500).catch(() => 0); show();
    process.exit(3);
  });
  t.ok(aside() >= 3, `${aside()} files put aside, ${sent.length} lines`);
  t.strictSame(pathsIn(lines).toSorted(), sent.toSorted());
  t.equal((await gateway.page.counts()).get(DROPPED), 0);
});
