// npm run bench: Sluice beside other proxies. --only=PART-OF-A-NAME (may be repeated), --peers=nginx,sluice, --quick, --json=FILE, --chart=FILE
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { haveCommand } from '../helpers/service.ts';
import { prepare } from './build.ts';
import { throughputCases } from './cases/throughput.ts';
import { chartOf } from './chart.ts';
import { caddy } from './peers/caddy.ts';
import { haproxy } from './peers/haproxy.ts';
import { nginx } from './peers/nginx.ts';
import { fastifyHttpProxy, httpProxy } from './peers/node-peers.ts';
import { sluice } from './peers/sluice.ts';
import { canPin, pinSelf } from './pinned-process.ts';
import { namesOf, SECONDS_MAX, stepsOf } from './plan.ts';
import { Progress } from './progress.ts';
import { textOf, type Report } from './report.ts';
import { Run } from './run.ts';
import { chosen, readSettings } from './settings.ts';
import { startTargets } from './target.ts';
import { versionsOf } from './versions.ts';

const root = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
// By children.ts, all that runs has been killed when this comes.
process.once('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) process.once(signal, () => process.exit(code));

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
process.exit();

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  const cases = throughputCases(root);
  const names = chosen(namesOf(cases), settings.only);
  for (const tool of ['wrk', 'h2load'].filter((name) => !haveCommand(name))) throw new Error(`${tool} is not installed: see test/bench/install-peers.sh`);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${arch()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const wished = [nginx, haproxy, caddy, sluice, fastifyHttpProxy, httpProxy].filter(({ name }) => settings.peers.includes(name));
  const peers = wished.filter(({ program }) => program !== null);
  const progress = new Progress(stepsOf(names, cases, peers, settings), SECONDS_MAX, () => performance.now(), (line) => process.stderr.write(`${line}\n`));
  const common = await prepare(root);
  pinSelf();
  const targets = await startTargets(root);
  const measured = await new Run({ names, cases, peers, settings, common, targets, progress }).measure();
  const remarks = [
    ...(canPin ? [] : ['Not pinned: there is no taskset, or only one core.']),
    ...wished.filter(({ program }) => program === null).map(({ name }) => `${name} is not installed, so it is not in the tables.`),
    ...measured.remarks,
  ];
  const report: Report = { date: new Date().toISOString(), machine, versions: versionsOf(peers), rounds: settings.rounds, ...measured, remarks };
  writeFileSync(settings.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(settings.chart, chartOf(report));
  console.log(`\n${textOf(report)}\n\nIn figures: ${settings.json}; as a picture: ${settings.chart}`);
}
