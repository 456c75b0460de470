import { loadavg } from 'node:os';
import { IDLE_KINDS, measureIdle, type IdleFigure } from './cases/idle.ts';
import { measureLatency, type LatencyFigure } from './cases/latency.ts';
import { measureLifecycle, type LifecycleFigure } from './cases/lifecycle.ts';
import { setupOf } from './cases/setups.ts';
import type { Case } from './cases/case.ts';
import { measureCase } from './measure.ts';
import { idleConnections, idleRemark } from './open-files.ts';
import type { Peer, Setup } from './peers/peer.ts';
import { groupsOf, hasDirect, idleName, LATENCY, LIFECYCLE, peersOf, peersOfGroup, type Group } from './plan.ts';
import type { Progress } from './progress.ts';
import { startProxy, type Common, type Proxy } from './proxies.ts';
import type { CaseReport, Report } from './report.ts';
import type { Settings } from './settings.ts';
import type { Targets } from './target.ts';
import { WarmUp } from './warm-up.ts';

/** What a run measures, and with what. */
export interface RunContext {
  readonly names: readonly string[];
  readonly cases: readonly Case[];
  readonly peers: readonly Peer[];
  readonly settings: Settings;
  readonly common: Common;
  readonly targets: Targets;
  readonly progress: Progress;
}

type Measured = Pick<Report, 'cases' | 'latency' | 'idle' | 'lifecycle' | 'loadAverage' | 'remarks'>;

/** One run from its first case to its last. What cannot be measured is said, and costs nothing else. */
export class Run {
  readonly #context: RunContext;
  readonly #cases: CaseReport[] = [];
  readonly #idle: IdleFigure[] = [];
  readonly #remarks: string[] = [];
  #latency: readonly LatencyFigure[] = [];
  #lifecycle: readonly LifecycleFigure[] = [];

  constructor(context: RunContext) {
    this.#context = context;
  }

  async measure(): Promise<Measured> {
    const { names, cases, peers, settings, targets, common } = this.#context;
    const before = loadavg()[0] ?? 0;
    for (const group of groupsOf(cases.filter(({ name }) => names.includes(name)), names.includes(LATENCY))) await this.#group(group);
    const connections = settings.quick ? 1000 : idleConnections();
    for (const [kind, url] of IDLE_KINDS) {
      await this.#step(idleName(kind), async () => {
        this.#idle.push(...await measureIdle(kind, url, peersOf({ setup: setupOf('idle'), others: 'all' }, peers), targets.streamPort, common, connections));
      });
    }
    const remark = settings.quick ? 'Idle connections: 1,000 and not 10,000, by --quick.' : idleRemark();
    if (this.#idle.length > 0 && remark !== null) this.#remarks.push(remark);
    await this.#step(LIFECYCLE, async () => {
      this.#lifecycle = await measureLifecycle(peers, targets.staticPort, common, settings.quick ? 1 : 5);
    });
    return { cases: this.#cases, latency: this.#latency, idle: this.#idle, lifecycle: this.#lifecycle, loadAverage: [before, loadavg()[0] ?? 0], remarks: this.#remarks };
  }

  async #group(group: Group): Promise<void> {
    const { peers, settings, targets } = this.#context;
    const running: Proxy[] = [];
    const warmUp = new WarmUp(settings.warmUpSecondsMax);
    for (const peer of peersOfGroup(group, peers)) await this.#orRemark(peer.name, async () => running.push(await startProxy(peer, group.setup, this.#portFor(group.setup), this.#context.common)));
    for (const test of group.cases) {
      await this.#step(test.name, async () => {
        const taking = peersOf(test, peers);
        const direct = hasDirect(test, settings) ? this.#portFor(test.setup) : null;
        const figures = await measureCase(test, running.filter(({ peer }) => taking.includes(peer)), direct, warmUp, settings);
        this.#cases.push({ name: test.name, unit: test.unit, ratioMax: test.ratioMax, figures });
      });
    }
    if (group.latency) {
      await this.#step(LATENCY, async () => {
        this.#latency = await measureLatency(running, settings.peers.includes('direct') ? targets.staticPort : null, warmUp, settings);
      });
    }
    for (const proxy of running) await proxy.process.stop();
  }

  async #step(name: string, measure: () => Promise<unknown>): Promise<void> {
    const { names, progress } = this.#context;
    if (!names.includes(name)) return;
    if (progress.begin(name)) await this.#orRemark(name, measure);
    else this.#remarks.push(`${name}: left out, the time was up.`);
  }

  async #orRemark(name: string, measure: () => Promise<unknown>): Promise<void> {
    try {
      await measure();
    } catch (error) {
      this.#remarks.push(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #portFor({ name }: Setup): number {
    const { staticPort, streamPort } = this.#context.targets;
    return name === 'streams' || name === 'idle' ? streamPort : staticPort;
  }
}
