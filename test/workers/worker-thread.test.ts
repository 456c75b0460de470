import t, { type Test } from 'tap';
import { WorkerThread } from '../../src/workers/worker-thread.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort, WorkerPlans } from '../helpers/worker-plan.ts';

function start(t: Test): { readonly worker: WorkerThread; readonly plans: WorkerPlans; readonly retired: readonly number[] } {
  const plans = new WorkerPlans();
  const retired: number[] = [];
  const worker = new WorkerThread(plans.init, { onRetired: (generation) => void retired.push(generation), onUncertified: () => undefined });
  t.teardown(async () => worker.terminate());
  return { worker, plans, retired };
}

function respond(port: number, body: string): string {
  return `log: { level: error }\nlisten: { http: "127.0.0.1:${port}" }\nroutes: [{ respond: { body: "${body}" } }]`;
}

async function said(port: number): Promise<string> {
  const client = await RawClient.connect({ port });
  const { text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
  client.destroy();
  return text;
}

await t.test('a worker builds, swaps, retires and drains as it is told', async (t) => {
  const { worker, plans, retired } = start(t);
  t.match(worker, { number: 1, state: 'starting', generation: 0 });
  const port = await freePort();
  await worker.build(plans.next(respond(port, 'one')));
  t.equal(worker.state, 'starting');
  await worker.swap(1);
  t.match(worker, { state: 'ready', generation: 1 });
  t.equal(await said(port), 'one');
  await worker.build(plans.next(respond(port, 'two')));
  await worker.swap(2);
  t.equal(await said(port), 'two');
  await eventually(() => retired.length > 0);
  t.strictSame(retired, [1]);
  t.equal(await worker.drain(1000), 0);
  t.equal(worker.state, 'draining');
  await t.rejects(said(port), { code: 'ECONNREFUSED' });
  await worker.terminate();
  t.equal(await worker.ended, 'exit code 1');
  t.equal(worker.state, 'down');
});

await t.test('what it cannot build it says in words, and goes on', async (t) => {
  const { worker, plans } = start(t);
  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  const message = `http port ${squatter.target} is in use by another program`;
  await t.rejects(worker.build(plans.next(respond(squatter.port, 'x'))), { message });
  await t.rejects(worker.swap(1), { message: 'generation 1 was not built' });
  const port = await freePort();
  await worker.build(plans.next(respond(port, 'well')));
  await worker.swap(2);
  t.equal(await said(port), 'well');
});

await t.test('a generation that is discarded frees its port', async (t) => {
  const { worker, plans } = start(t);
  const [kept, dropped] = [await freePort(), await freePort()];
  await worker.build(plans.next(respond(kept, 'kept')));
  await worker.swap(1);
  await worker.build(plans.next(respond(dropped, 'dropped')));
  worker.discard(2);
  await worker.build(plans.next(respond(kept, 'after')));
  await t.rejects(said(dropped), { code: 'ECONNREFUSED' });
  t.equal(await said(kept), 'kept');
});

await t.test('members that change while a generation is built are in it, and those of an unknown one are in nobody\'s way', async (t) => {
  const { worker, plans } = start(t);
  const [port, nobody] = [await freePort(), await freePort()];
  const app = await startRawUpstream(answerWith('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmoved'));
  t.teardown(async () => app.close());
  const plan = plans.next(`log: { level: error }\nlisten: { http: "127.0.0.1:${port}" }\nupstreams: { api: "127.0.0.1:${nobody}" }\nroutes: [{ upstream: api }]`);
  const moved = (plan.roster.upstreams['api']?.members ?? []).map((member) => ({ ...member, port: app.port }));
  const built = worker.build(plan);
  worker.useMembers(1, 'api', moved);
  worker.useMembers(9, 'api', []);
  worker.useMembers(1, 'other', []);
  await built;
  await worker.swap(1);
  t.equal(await said(port), 'moved');
  worker.useMembers(1, 'api', []);
  await eventually(async () => /no_healthy_target/.test(await said(port)));
});

await t.test('a worker that ends fails what is asked of it and whatever is asked later', async (t) => {
  const { worker, plans } = start(t);
  const building = worker.build(plans.next(respond(await freePort(), 'x')));
  void worker.terminate();
  await t.rejects(building, { message: /^worker 1 ended: exit code/ });
  await t.rejects(worker.swap(1), { message: 'worker 1 is down' });
  await t.rejects(worker.drain(0), { message: 'worker 1 is down' });
  worker.discard(1);
  t.match(await worker.ended, /^exit code/);
});
