import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import t, { type Test } from 'tap';
import { readText, startHttpUpstream } from '../helpers/upstream.ts';
import { sluice, startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const EVERY_MS = 10;

/** A request to one route and one to another, every 10 ms, over connections that stay open. */
class LightLoad {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  readonly statuses: Record<'/a' | '/b', number[]> = { '/a': [], '/b': [] };

  constructor(t: Test, port: number) {
    this.#port = port;
    this.#timer = setInterval(() => {
      for (const path of ['/a', '/b'] as const) void this.#ask(path).then((status) => this.statuses[path].push(status));
    }, EVERY_MS);
    t.teardown(() => {
      clearInterval(this.#timer);
      this.#agent.destroy();
    });
  }

  /** Resolves when so many more of each have been answered. @returns their statuses other than 200. */
  async next(count: number): Promise<number[]> {
    const from = [this.statuses['/a'].length, this.statuses['/b'].length] as const;
    await eventually(() => this.statuses['/a'].length >= from[0] + count && this.statuses['/b'].length >= from[1] + count, 20_000);
    return [...this.statuses['/a'].slice(from[0]), ...this.statuses['/b'].slice(from[1])].filter((status) => status !== 200);
  }

  /** 0: no answer. */
  async #ask(path: string): Promise<number> {
    try {
      const [response] = await once(get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent }), 'response') as [IncomingMessage];
      await readText(response);
      return response.statusCode ?? 0;
    } catch {
      return 0;
    }
  }
}

async function metric(admin: number, line: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  return Number(text.split('\n').find((known) => known.startsWith(`${line} `))?.split(' ')[1] ?? -1);
}

await t.test('a file that breaks one route is taken back by itself within the time of the guard; one that is fine is kept', async (t) => {
  const upstream = await startHttpUpstream((_request, response) => void response.end('well'));
  t.teardown(async () => upstream.close());
  const [http, admin, nobody] = [await freePort(), await freePort(), await freePort()];
  const yaml = (target: string, more = ''): string => `
workers: 2
listen: { http: "127.0.0.1:${http}", admin: ${admin} }
accessLog: off
log: { level: info }
reload: { guard: { for: 5s, minRequests: 20 } }
upstreams: { a: "${target}", b: "${upstream.target}" }
routes: [{ name: a, path: /a, upstream: a }, { name: b, path: /b, upstream: b }${more}]`;
  const process = await startSluice(t, yaml(upstream.target));
  const load = new LightLoad(t, http);
  t.strictSame(await load.next(50), []);

  await t.test('one that is fine is kept, and who waits is told', async (t) => {
    process.write(yaml(upstream.target, ', { name: c, path: /c, respond: {} }'));
    t.match(await sluice(['reload', '--wait', '-c', process.file]), { code: 0, out: /^Reloaded: generation \d+ in \d+ ms\. Watched for 5 s\.\n$/, err: '' });
    t.match(process.output(), /"the new configuration is kept"/);
  });

  await t.test('one that is broken is taken back', async (t) => {
    const before = process.output().length;
    const startedMs = performance.now();
    process.write(yaml(`127.0.0.1:${nobody}`));
    await eventually(() => process.output().slice(before).includes('"the configuration before is in force again"'), 20_000);
    const tookMs = Math.round(performance.now() - startedMs);
    t.comment(`written to back in force: ${tookMs} ms`);
    t.ok(tookMs < 7000, `${tookMs} ms`);
    t.match(process.output().slice(before), /"level":"error"[^\n]*"reason":"route a: \d+ of \d+ requests failed \(100 %, [a-z_]+\), before 0\.0 %"[^\n]*"message":"the new configuration is worse and is taken back"/);
    t.strictSame(await load.next(100), [], 'no request fails after the way back');
    t.equal(await metric(admin, 'sluice_config_reloads_total{result="rolled_back"}'), 1);
    t.equal(await metric(admin, 'sluice_config_last_reload_successful'), 0);
  });

  await t.test('what is asked for is tried anew, and the command fails when it is taken back', async (t) => {
    const generation = await metric(admin, 'sluice_config_generation');
    const { code, err } = await sluice(['reload', '--wait', '-c', process.file]);
    t.equal(code, 1);
    t.match(err, new RegExp(`^sluice: Generation ${generation + 1} was taken back: route a: \\d+ of \\d+ requests failed`), 'and nothing was read again by itself in between');
    t.strictSame(await load.next(50), []);
  });
  t.strictSame(load.statuses['/b'].filter((status) => status !== 200), [], 'the other route has noticed nothing');
});
