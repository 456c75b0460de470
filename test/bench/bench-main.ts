// npm run bench: Sluice beside other proxies. --only=PART-OF-A-NAME, --peers=nginx,sluice, --quick, --json=FILE, --chart=FILE
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { haveCommand } from '../helpers/service.ts';
import type { Case } from './cases/case.ts';
import { connectionsMax, measureIdle } from './cases/idle.ts';
import { measureLatency } from './cases/latency.ts';
import { measureLifecycle } from './cases/lifecycle.ts';
import { setupOf } from './cases/setups.ts';
import { throughputCases } from './cases/throughput.ts';
import { chartOf } from './chart.ts';
import { measureCase } from './measure.ts';
import { caddy } from './peers/caddy.ts';
import { haproxy } from './peers/haproxy.ts';
import { nginx } from './peers/nginx.ts';
import { fastifyHttpProxy, httpProxy } from './peers/node-peers.ts';
import type { Peer, Setup } from './peers/peer.ts';
import { sluice } from './peers/sluice.ts';
import { canPin, PinnedProcess } from './pinned-process.ts';
import { startProxy, type Common, type Proxy } from './proxies.ts';
import { textOf, type CaseReport, type Report } from './report.ts';
import { readSettings } from './settings.ts';
import { startTargets } from './target.ts';
import { versionsOf } from './versions.ts';

const REPOSITORY = path.join(import.meta.dirname, '../..');

const settings = readSettings(process.argv.slice(2));
const loadBefore = loadavg()[0] ?? 0;
const root = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
const skipped: string[] = canPin() ? [] : ['Not pinned: there is no taskset, or only one core.'];
for (const tool of ['wrk', 'h2load'].filter((name) => !haveCommand(name))) throw new Error(`${tool} is not installed: see test/bench/install-peers.sh`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().then(() => process.exit(1)));
const common = await prepare();
const targets = await startTargets(root);
const wished = [nginx, haproxy, caddy, sluice, fastifyHttpProxy, httpProxy].filter(({ name }) => settings.peers.includes(name));
const peers = wished.filter(({ program }) => program !== null);
for (const { name } of wished.filter(({ program }) => program === null)) skipped.push(`${name} is not installed, so it is not in the tables.`);
try {
  const report = await measureAll();
  writeFileSync(settings.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(settings.chart, chartOf(report));
  console.log(`\n${textOf(report)}\n\nIn figures: ${settings.json}; as bars: ${settings.chart}`);
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  await PinnedProcess.stopAll();
  rmSync(root, { recursive: true, force: true });
}

/** What cannot be measured is said, and costs nothing else. */
async function part<T>(name: string, measure: () => Promise<readonly T[]>): Promise<readonly T[]> {
  if (!wants(name)) return [];
  progress(name);
  try {
    return await measure();
  } catch (error) {
    skipped.push(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function wants(name: string): boolean {
  return settings.only.length === 0 || settings.only.some((part) => name.includes(part));
}

async function measureAll(): Promise<Report> {
  const cases = throughputCases(root).filter(({ name }) => wants(name));
  const reports: CaseReport[] = [];
  const setups = new Map(cases.map(({ setup }) => [`${setup.name} ${setup.routes}`, setup]));
  for (const [key, setup] of setups) {
    const taking = cases.filter((test) => `${test.setup.name} ${test.setup.routes}` === key);
    reports.push(...await part(taking[0]?.name ?? key, async () => measureSetup(setup, taking)));
  }
  const latency = await part('latency', async () => withProxies(setupOf('plain'), peers, async (running) => measureLatency(running, targets.staticPort, settings)));
  const connections = settings.quick ? 1000 : connectionsMax();
  const idle = await part('idle', async () => measureIdle(peers.filter((peer) => peer.can(setupOf('idle'))), targets.streamPort, common, connections));
  const lifecycle = await part('lifecycle', async () => measureLifecycle(peers, targets.staticPort, common));
  if (idle.length > 0 && connections < 10_000) skipped.push(`Idle connections: ${connections} and not 10,000, by the limit of open files or --quick.`);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return { date: new Date().toISOString(), machine, versions: versionsOf(peers), loadAverage: [loadBefore, loadavg()[0] ?? 0], cases: reports, latency, idle, lifecycle, skipped };
}

async function measureSetup(setup: Setup, cases: readonly Case[]): Promise<CaseReport[]> {
  const few = peers.filter((peer) => peer === nginx || peer === sluice);
  return withProxies(setup, cases.every(({ others }) => others === 'none') ? few : peers, async (running) => {
    const reports: CaseReport[] = [];
    for (const test of cases) {
      progress(test.name);
      const direct = settings.peers.includes('direct') && setup.name !== 'tls' && test.others === 'all' ? portFor(setup) : null;
      const taking = test.others === 'all' ? running : running.filter(({ peer }) => few.includes(peer));
      reports.push({ name: test.name, unit: test.unit, ratioMax: test.ratioMax, figures: await measureCase(test, taking, direct, settings) });
    }
    return reports;
  });
}

async function withProxies<T>(setup: Setup, all: readonly Peer[], use: (running: readonly Proxy[]) => Promise<T>): Promise<T> {
  const running: Proxy[] = [];
  try {
    for (const peer of all.filter((one) => one.can(setup))) running.push(await startProxy(peer, setup, portFor(setup), common));
    return await use(running);
  } finally {
    for (const proxy of running) await proxy.process.stop();
  }
}

function portFor({ name }: Setup): number {
  return name === 'streams' || name === 'idle' ? targets.streamPort : targets.staticPort;
}

/** Builds Sluice beside this checkout's own build, and makes the certificate that all proxies show. */
async function prepare(): Promise<Common> {
  progress('building');
  const built = path.join(root, 'sluice');
  execFileSync('tsc', ['-p', path.join(REPOSITORY, 'tsconfig.build.json'), '--outDir', path.join(built, 'dist')], { stdio: 'inherit' });
  mkdirSync(built, { recursive: true });
  for (const page of ['demo/page', 'admin/page']) cpSync(path.join(REPOSITORY, 'src', page), path.join(built, 'dist', page), { recursive: true });
  cpSync(path.join(REPOSITORY, 'package.json'), path.join(built, 'package.json'));
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(built, 'node_modules'));
  const pair = await makePair(await makeCa(), ['localhost']);
  const [cert, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => path.join(root, name)) as [string, string, string];
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key);
  writeFileSync(both, pair.cert + pair.key);
  return { root, cert, key, both, sluice: path.join(built, 'dist/main.js') };
}

function progress(what: string): void {
  process.stderr.write(`${what} …\n`);
}
