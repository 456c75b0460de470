import t from 'tap';
import { throughputCases } from './cases/throughput.ts';
import { caddy } from './peers/caddy.ts';
import { haproxy } from './peers/haproxy.ts';
import { nginx } from './peers/nginx.ts';
import { fastifyHttpProxy, httpProxy } from './peers/node-peers.ts';
import { sluice } from './peers/sluice.ts';
import { groupsOf, LATENCY, namesOf, SECONDS_MAX, stepsOf } from './plan.ts';
import { Progress } from './progress.ts';
import { readSettings } from './settings.ts';

const cases = throughputCases('/');
const names = namesOf(cases);
const peers = [nginx, haproxy, caddy, sluice, fastifyHttpProxy, httpProxy];

await t.test('a whole run with all proxies is planned for less than its fifteen minutes', async (t) => {
  const steps = stepsOf(names, cases, peers, readSettings([]));
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  t.comment(`${Math.round(seconds)} s planned`);
  t.ok(seconds < SECONDS_MAX * 0.95, `${seconds} s`);
  t.strictSame(steps.map(({ name }) => name), names, 'every step has its time, in the order of the run');
  t.equal(new Set(names).size, names.length, 'no name is there twice');
});

await t.test('the latency takes proxies that run already, and brings them where none do', async (t) => {
  t.strictSame(groupsOf(cases, true).filter(({ latency }) => latency).map(({ setup }) => setup.name), ['plain']);
  t.strictSame(groupsOf([], true).map(({ setup, latency }) => [setup.name, latency]), [['plain', true]]);
  t.equal(groupsOf([], false).length, 0);
  t.ok(names.indexOf(LATENCY) < names.indexOf('small JSON, HTTPS'), 'before the proxies of the next setup start');
});

await t.test('progress says what is left, and refuses what would end too late', async (t) => {
  const lines: string[] = [];
  let nowMs = 0;
  const progress = new Progress([{ name: 'first', seconds: 300 }, { name: 'second', seconds: 40 }, { name: 'third', seconds: 30 }], 400, () => nowMs, (line) => lines.push(line));
  t.ok(progress.begin('first'));
  nowMs = 330_000;
  t.ok(progress.begin('second'));
  nowMs = 380_000;
  t.notOk(progress.begin('third'));
  t.strictSame(lines, ['1/3  first, about 6 min left', '2/3  second, about 70 s left', '3/3  third: no time left']);
});
