import type { GenerationVerdict } from '../admin/generation-history.ts';
import type { ReloadResult } from '../admin/services.ts';
import type { Fleet } from '../balance/fleet.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { latePart } from '../lib/late-part.ts';
import type { MetricsWriter, Exposition } from '../observe/metrics/exposition.ts';
import { MetricsHub, targetKey } from '../observe/metrics/metrics-hub.ts';
import type { Sample } from '../observe/metrics/sample.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import { controlSamples, sampleOf } from './control-samples.ts';
import type { Crew } from './crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from './messages.ts';
import { TargetCounts } from './target-counts.ts';
import { TrafficHistory } from './traffic-history.ts';
import type { WorkerThread } from './worker-thread.ts';

const COLLECT_MS = 1000;
const PRUNE_MS = 60_000;
/** Whoever asks for metrics waits so long for workers; of one that is too busy it gets what is known. */
const ANSWER_WAIT_MS = 500;

type Member = Pick<WorkerThread, 'number' | 'state' | 'snapshot'>;

interface CollectorOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly crew: Pick<Crew, 'cells' | 'deaths'> & { readonly members: readonly Member[] };
  readonly fleet: Pick<Fleet, 'status' | 'breakers'>;
  readonly plan: () => GenerationPlan;
  readonly isReady: () => boolean;
  readonly certificates: () => readonly CertificateStatus[];
  /** Default: the library is loaded. */
  readonly loadWriter?: () => Promise<MetricsWriter>;
}

/** Gathers what workers have counted, once a second and for every answer, and adds what the control plane knows. */
export class MetricsCollector {
  readonly hub = new MetricsHub();
  /** How routes were doing in the last hour, for people. */
  readonly traffic: TrafficHistory;
  readonly #options: CollectorOptions;
  /** Loaded when somebody asks first, or a minute after the start: it brings a library that a start need not wait for. */
  #writer: Promise<MetricsWriter> | null = null;
  readonly #targets = new TargetCounts();
  /** Questions without an answer yet: nobody is asked twice. */
  readonly #asked = new Map<Member, Promise<void>>();
  /** Monotonic milliseconds of the last answer of each. */
  readonly #heardMs = new Map<Member, number>();
  readonly #stops: readonly (() => void)[];
  readonly #reloads = { success: 0, failure: 0, rolledBack: 0, lastGood: true, lastGoodMs: 0, lastMs: 0 };

  constructor(options: CollectorOptions) {
    this.#options = options;
    const { clock } = options;
    this.#stops = [clock.every(COLLECT_MS, () => this.#tick()), clock.every(PRUNE_MS, () => this.#prune())];
    this.#reloads.lastGoodMs = clock.now();
    this.traffic = new TrafficHistory(clock.now());
  }

  /** Resolves within a second. @param accept header of the request. */
  async answer(accept: string): Promise<Exposition> {
    await withDeadline(this.#options.clock, ANSWER_WAIT_MS, this.#collect()).catch(() => undefined);
    const writer = await this.#loaded();
    return writer.write(this.samples(), accept);
  }

  /** Where it could not be loaded, as without a descriptor to spare, the next question tries again. */
  async #loaded(): Promise<MetricsWriter> {
    try {
      return await (this.#writer ??= (this.#options.loadWriter ?? loadWriter)());
    } catch (error) {
      this.#writer = null;
      throw error;
    }
  }

  /** Every series as it is known now. */
  samples(): Sample[] {
    return [...this.hub.totals, ...this.#controlSamples(), ...this.#reloadSamples()];
  }

  noteReload(result: ReloadResult): void {
    const reloads = this.#reloads;
    reloads.lastGood = result.ok;
    reloads[result.ok ? 'success' : 'failure'] += 1;
    if (!result.ok) return;
    reloads.lastGoodMs = this.#options.clock.now();
    reloads.lastMs = result.ms;
  }

  /** What was taken over has been watched. */
  noteVerdict({ outcome }: GenerationVerdict): void {
    if (outcome === 'rolled_back') this.#reloads.rolledBack += 1;
    if (outcome === 'rolled_back' || outcome === 'stuck') this.#reloads.lastGood = false;
    if (outcome === 'rolled_back') this.#reloads.lastGoodMs = this.#options.clock.now();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** What was asked for a second ago is there by now, as far as it is to come. */
  #tick(): void {
    this.traffic.take(this.hub.totals, this.#options.clock.now());
    void this.#collect();
  }

  /** Resolves when all living workers have answered. */
  async #collect(): Promise<void> {
    const { members } = this.#options.crew;
    for (const member of this.#heardMs.keys()) if (member.state === 'down' || !members.includes(member)) this.#forget(member);
    await Promise.all(members.filter(({ state }) => state !== 'down').map(async (member) => this.#ask(member)));
  }

  async #ask(member: Member): Promise<void> {
    const asked = this.#asked.get(member) ?? this.#take(member);
    this.#asked.set(member, asked);
    return asked;
  }

  async #take(member: Member): Promise<void> {
    try {
      const snapshot = await member.snapshot();
      this.hub.apply(member, snapshot);
      this.#heardMs.set(member, this.#options.clock.monotonicMs());
    } catch {
      // It has ended; what it had told before stays.
    } finally {
      this.#asked.delete(member);
    }
  }

  #forget(member: Member): void {
    this.#heardMs.delete(member);
    this.hub.forget(member);
  }

  #prune(): void {
    // The one part that is needed without a reload: it must be there also when the files of the program are exchanged later.
    if (this.#options.plan().config.listen.admin !== null) void this.#loaded().catch(() => undefined);
    const { clock, fleet, plan } = this.#options;
    const targets = fleet.status();
    this.#targets.take(targets);
    const { routes, upstreams } = plan().config;
    this.hub.prune({
      routes: new Set(routes.map(({ id }) => id)),
      upstreams: new Set(upstreams.map(({ name }) => name)),
      targets: new Set(targets.map(({ upstream, key }) => targetKey(upstream, key))),
    }, clock.monotonicMs());
  }

  #controlSamples(): Sample[] {
    const { clock, version, crew, fleet, plan, isReady, certificates } = this.#options;
    const { generation, config, cellIndex } = plan();
    const nowMs = clock.monotonicMs();
    return controlSamples({
      version,
      isReady: isReady(),
      generation,
      connections: CONNECTIONS_CELL in cellIndex ? crew.cells.counter(cellIndex, CONNECTIONS_CELL).total() : 0,
      streams: this.#openOf('streams'),
      tunnels: this.#openOf('tunnels'),
      targets: this.#targets.take(fleet.status()),
      targetsMax: config.metrics.targetsMax,
      breakers: fleet.breakers(),
      certificates: certificates(),
      workers: crew.members.map((member) => {
        const heardMs = this.#heardMs.get(member);
        return { number: member.number, isUp: member.state === 'ready', ageMs: heardMs === undefined ? -1 : nowMs - heardMs };
      }),
      workerDeaths: crew.deaths,
    });
  }

  /** By route, from shared memory. */
  #openOf(what: 'streams' | 'tunnels'): Map<string, number> {
    const { crew, plan } = this.#options;
    const { config, cellIndex } = plan();
    const open = new Map<string, number>();
    for (const { id } of config.routes.slice(0, config.metrics.routesMax)) {
      const cell = `${what} ${id}`;
      const count = cell in cellIndex ? crew.cells.counter(cellIndex, cell).total() : 0;
      if (count > 0) open.set(id, count);
    }
    return open;
  }

  #reloadSamples(): Sample[] {
    const { success, failure, rolledBack, lastGood, lastGoodMs, lastMs } = this.#reloads;
    return [
      sampleOf('reloads', success, 'success'),
      sampleOf('reloads', failure, 'failure'),
      sampleOf('reloads', rolledBack, 'rolled_back'),
      sampleOf('reloadGood', Number(lastGood)),
      sampleOf('reloadTime', lastGoodMs / 1000),
      sampleOf('reloadDuration', lastMs / 1000),
    ];
  }
}

async function loadWriter(): Promise<MetricsWriter> {
  const { MetricsWriter: Writer } = await latePart(async () => import('../observe/metrics/exposition.ts'));
  return new Writer();
}
