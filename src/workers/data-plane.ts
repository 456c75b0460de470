import { hostname } from 'node:os';
import type { MemberSpec } from '../balance/member.ts';
import type { Config } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Generation, type GenerationServices } from '../gateway.ts';
import type { Clock } from '../lib/clock.ts';
import { Deadlines } from '../lib/deadlines.ts';
import { Kept } from '../lib/kept.ts';
import { KeyCounts } from '../lib/key-counts.ts';
import { SharedCells } from '../lib/shared-cells.ts';
import { Slots } from '../lib/slots.ts';
import { until } from '../lib/until.ts';
import { Admission } from '../listen/admission.ts';
import { ChallengeDesk } from '../listen/challenge-desk.ts';
import { FrontDoor } from '../listen/front-door.ts';
import { Ports } from '../listen/ports.ts';
import type { LineWriter } from '../observe/line-writer.ts';
import type { LoggerService } from '../observe/logger.ts';
import { MemoryStore } from '../policy/rate-limit/memory-store.ts';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import type { ChallengeAnswers } from '../tls/acme/challenge-board.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { ServerContexts } from '../tls/server-contexts.ts';
import { ClientRules } from '../request/client-rules.ts';
import { PoolRegistry } from '../upstream/pool-registry.ts';
import type { Tunnel } from '../upstream/tunnel.ts';
import { Doors } from './doors.ts';
import { CONNECTIONS_CELL, type GenerationPlan, type WorkerInit } from './messages.ts';
import { Observation } from './observation.ts';
import { UncertifiedNames } from './uncertified-names.ts';

/** How long what was cut may take to be heard of by those who log it. */
const LAST_WORDS_MS = 500;
/** How long a collector may take for the last spans: `docker stop` kills soon. */
const LAST_SPANS_MS = 500;

interface DataPlaneServices {
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly output: LineWriter;
  /** Clients asked for these names, which may have a certificate on demand and have none. */
  readonly onUncertified: (names: readonly string[]) => void;
}

interface Built {
  readonly plan: GenerationPlan;
  readonly generation: Generation;
}

/** One worker: its ports, its connections, and the generation that answers. Knows no threads, so that it runs anywhere. */
export class DataPlane {
  readonly #services: DataPlaneServices;
  readonly #generationServices: GenerationServices;
  readonly #cells: SharedCells;
  readonly #keyCounts: KeyCounts;
  readonly #deadlines: Deadlines;
  readonly #challenges = new ChallengeDesk();
  readonly #uncertified: UncertifiedNames;
  readonly #tunnels = new Set<Tunnel>();
  readonly ports: Ports;
  readonly #built = new Map<number, Built>();
  /** Built, in force or ending. */
  readonly #living = new Map<number, Generation>();
  #admission: Admission | null = null;
  readonly #doors: Doors;
  /** Requests without an end yet, in whatever generation. */
  #inWork = 0;
  #contexts: ServerContexts | null = null;
  #isDraining = false;
  #current: Built | null = null;
  /** What is written down of its requests. */
  readonly observation: Observation;

  constructor(init: WorkerInit, services: DataPlaneServices) {
    this.#services = services;
    const { clock, logger } = services;
    this.#cells = new SharedCells(init.cells, init.number);
    this.#keyCounts = new KeyCounts(init.keyCounts, init.number);
    this.#deadlines = new Deadlines(clock, (error) => logger.error('a deadline failed', { error }));
    this.#uncertified = new UncertifiedNames(clock, services.onUncertified);
    this.#doors = new Doors(clock);
    this.ports = new Ports({
      accept: (socket, secure) => this.#doors.accept(socket, secure),
      reusePort: init.reusePort,
      share: init.share,
      onShut: (why) => logger.warn('connections of a port that was handed down are taken by other workers only', { why }),
    });
    this.observation = new Observation({ output: services.output, clock, logger, secret: init.secret, instance: `${hostname()}-${process.pid}-${init.number}` });
    this.#generationServices = {
      clock, logger,
      outcomes: this.observation.metrics,
      kept: new Kept(),
      inFlight: this.#keyCounts,
      limits: new MemoryStore(init.limits, init.number, clock),
      deadlines: this.#deadlines,
      cells: this.#cells,
      slots: new Slots(init.slots, init.number),
      secret: Buffer.from(init.secret),
      random: Math.random,
      pools: new PoolRegistry(this.#deadlines),
      tunnelHost: { add: (tunnel) => this.#tunnels.add(tunnel), remove: (tunnel) => this.#tunnels.delete(tunnel) },
      isDraining: () => this.#isDraining,
      isCertified: (host) => this.#contexts?.covers(host) ?? false,
    };
  }

  /**
   * Builds a generation beside the one that runs and opens the ports that are new. The first one of a
   * worker is in force at once: there is nothing else its ports could answer with.
   * @throws Error saying what could not be built; nothing has changed then.
   */
  async build(plan: GenerationPlan): Promise<void> {
    await this.observation.traces.load(plan.config.traces);
    const generation = await Generation.build({ number: plan.generation, ...plan }, this.#generationServices);
    const built = { plan, generation };
    try {
      if (this.#current === null) this.#apply(built);
      await this.ports.open(plan.config.listen);
    } catch (error) {
      await generation.retire();
      throw error;
    }
    this.#built.set(plan.generation, built);
    this.#living.set(plan.generation, generation);
  }

  /** Sends new requests to a generation that was built. Resolves when the old one has served its last request. */
  async swap(number: number): Promise<{ readonly retired: Promise<number | null> }> {
    const next = this.#built.get(number);
    if (next === undefined) throw new Error(`generation ${number} was not built`);
    const old = this.#current;
    if (old !== next) this.#apply(next);
    this.#built.delete(number);
    this.ports.keepOnly(next.plan.config.listen);
    const retired = old === null || old.generation === next.generation ? null : old.generation;
    return { retired: retired === null ? Promise.resolve(null) : this.#retire(retired) };
  }

  async discard(number: number): Promise<void> {
    const built = this.#built.get(number);
    this.#built.delete(number);
    if (this.#current !== null) this.ports.keepOnly(this.#current.plan.config.listen);
    if (built !== undefined) await this.#retire(built.generation);
  }

  /** For every living generation: a request that still waits in an old one waits for new addresses too. */
  useMembers(number: number, upstream: string, members: readonly MemberSpec[]): void {
    this.#living.get(number)?.useMembers(upstream, members);
  }

  useCertificates(tls: TlsMaterial): void {
    this.#contexts?.replace(tls);
  }

  /** Takes the place of all answers to certificate authorities before. */
  useChallenges(answers: ChallengeAnswers): void {
    this.#challenges.use(answers);
  }

  /** What has been counted since the last call. */
  snapshot(): MetricsSnapshot {
    const waiting = new Map<string, number>();
    for (const generation of this.#living.values()) generation.addWaiting(waiting);
    return this.observation.snapshot({ requestsInFlight: this.#inWork, waiting, droppedMessages: this.#services.logger.dropped });
  }

  /** Takes no new connection and ends the open ones as soon as they may end. @returns how many were cut. */
  async drain(timeoutMs: number): Promise<number> {
    this.#isDraining = true;
    this.ports.closeAll();
    const open = this.#admission?.open ?? new Set();
    await until(this.#services.clock, () => {
      for (const tunnel of this.#tunnels) tunnel.drain();
      this.#doors.drain();
      return open.size === 0;
    }, timeoutMs);
    const cut = open.size;
    for (const tunnel of this.#tunnels) tunnel.destroy();
    this.#doors.close();
    for (const socket of open) socket.destroy();
    await until(this.#services.clock, () => this.#inWork === 0, LAST_WORDS_MS);
    this.#deadlines.close();
    this.#uncertified.close();
    await Promise.all([this.observation.journal.end(), this.observation.traces.close(LAST_SPANS_MS)]);
    return cut;
  }

  async #retire(generation: Generation): Promise<number> {
    await generation.retire();
    this.#living.delete(generation.number);
    return generation.number;
  }

  #apply(next: Built): void {
    const { plan } = next;
    const { config } = plan;
    this.#takeCertificates(plan.tls, new ClientRules(config.tls.clients));
    if (this.#admission === null) {
      const total = this.#cells.counter(plan.cellIndex, CONNECTIONS_CELL);
      this.#admission = new Admission(config.listen.limits, total, this.#keyCounts, (address) => this.#isProxy(address));
    }
    this.#admission.limits = config.listen.limits;
    this.observation.use(config, plan.roster.upstreams);
    this.observation.guard(next.generation, config.reload.guard);
    this.#services.logger.setLevel(config.log.level);
    const admission = this.#admission;
    this.#doors.open(config, plan.tls !== null, () => this.#makeDoor(config, admission));
    this.#current = next;
  }

  #takeCertificates(tls: TlsMaterial | null, rules: ClientRules): void {
    if (tls === null) this.#contexts = null;
    else if (this.#contexts === null) this.#contexts = new ServerContexts(tls, rules);
    else this.#contexts.replace(tls, rules);
  }

  #makeDoor(config: Config, admission: Admission): FrontDoor {
    const { clock, logger } = this.#services;
    return new FrontDoor({
      config: config.listen,
      clock,
      logger,
      challenges: this.#challenges,
      onUncertified: (name) => this.#uncertified.note(name),
      handle: (exchange) => this.#handle(exchange),
      onEnd: (exchange) => this.#onEnd(exchange),
      metrics: this.observation.metrics,
      shownAddress: (address) => this.observation.journal.privacy.address(address),
    }, admission, this.#contexts);
  }

  #handle(exchange: Exchange): void {
    this.#inWork += 1;
    this.observation.onBegin(exchange);
    // The pointer that a reload swaps; read once per request.
    this.#current?.generation.handle(exchange);
  }

  #onEnd(exchange: Exchange): void {
    // What was refused, or left, before its turn came was never handed to a generation.
    if (exchange.owner !== null) this.#inWork -= 1;
    exchange.totalMs = this.#services.clock.monotonicMs() - exchange.startedMs;
    if (exchange.bytesOut === 0) exchange.bytesOut = exchange.sink.bytesOut;
    this.observation.onEnd(exchange);
  }

  #isProxy(address: string): boolean {
    return this.#current?.generation.proxies.isTrusted(address) ?? false;
  }
}
