import type { GenerationVerdict } from '../admin/generation-history.ts';
import type { ReloadResult } from '../admin/services.ts';
import { FileReading, type FoundFiles } from '../config/file-reading.ts';
import type { Node } from '../config/tree.ts';
import type { Clock } from '../lib/clock.ts';
import type { OneAtATime } from '../lib/one-at-a-time.ts';
import { portsOf } from '../listen/ports.ts';
import type { LoggerService } from '../observe/logger.ts';
import { ConfigWatch } from './config-watch.ts';
import { GuardKeeper, type GuardOptions, type InForce } from './guard-keeper.ts';
import type { GenerationPlan } from './messages.ts';
import { nextConfig } from './next-config.ts';
import type { PinnedPorts } from './pinned-ports.ts';
import { refusal } from './reload-refusal.ts';
import { takeOver, type GenerationParts } from './take-over.ts';

/** In one line of the log. */
const FILES_TOLD_MAX = 5;

interface ReloaderOptions extends Pick<GuardOptions, 'members' | 'onVerdict'> {
  /** The configuration file or directory. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Whatever replaces what is in force waits here for its turn. */
  readonly changes: OneAtATime;
  readonly pinned: Pick<PinnedPorts, 'apply'>;
  readonly parts: GenerationParts;
  readonly current: () => GenerationPlan;
  readonly isServing: () => boolean;
  /** Is in force from now on. */
  readonly onReady: (plan: GenerationPlan, root: Node) => void;
  readonly onResult: (result: ReloadResult) => void;
}

/** Takes configurations over: when somebody says so, and when the files have changed. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #watch: ConfigWatch;
  readonly #guard: GuardKeeper;
  #isWaiting = false;
  #isClosed = false;

  constructor(options: ReloaderOptions) {
    const { clock, logger, members, onVerdict } = options;
    this.#options = options;
    this.#guard = new GuardKeeper({ clock, logger, members, onVerdict, goBack: async (to, instead) => this.#goBack(to, instead) });
    this.#watch = new ConfigWatch({ clock, logger, onChange: () => void this.#reloadChanged() });
  }

  /** What the process starts with is in force. */
  begin(root: Node): void {
    this.#guard.begin({ ...this.#options.current(), root });
  }

  /** Watches, if the configuration in force wants it so, the files that it was read from. */
  watch(found: FoundFiles): void {
    if (!this.#isClosed) this.#watch.use(found, this.#options.current().config.reload.watch);
  }

  /** Reads the files again, changed or not. One at a time; a second call waits for the first. */
  async reload(): Promise<ReloadResult> {
    return this.#options.changes.run(async () => this.#reload());
  }

  /** What the guard says of a generation in the end. Never rejects. */
  async verdict(generation: number): Promise<GenerationVerdict> {
    return this.#guard.verdict(generation);
  }

  /** Neither files nor generations are watched any more. */
  close(): void {
    this.#isClosed = true;
    this.#guard.close();
    this.#watch.close();
  }

  /** A change while a reload is in work leads to one more, unless that one has seen it. */
  async #reloadChanged(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    await this.#options.changes.run(async () => {
      this.#isWaiting = false;
      const { changed } = this.#watch;
      if (changed.length === 0 || !this.#options.isServing()) return;
      this.#options.logger.info('the configuration has changed', { files: changed.slice(0, FILES_TOLD_MAX), more: Math.max(changed.length - FILES_TOLD_MAX, 0) });
      await this.#reload();
    });
  }

  async #reload(): Promise<ReloadResult> {
    const result = await this.#takeOver();
    this.#options.onResult(result);
    return result;
  }

  async #takeOver(): Promise<ReloadResult> {
    const { clock, logger, isServing, pinned, parts, current, onReady } = this.#options;
    const startMs = clock.monotonicMs();
    const previous = current();
    const reading = new FileReading();
    let warnings: readonly string[];
    let guardMs: number;
    try {
      if (!isServing()) throw new Error('Sluice is shutting down.');
      const { config, root } = nextConfig(previous.config, this.#options, reading);
      const pinnedConfig = { ...config, listen: await pinned.apply(config.listen, portsOf(previous.config.listen).map(({ address }) => address)) };
      await this.#guard.lastCounts();
      warnings = await takeOver({ config: pinnedConfig, previous, onReady: (plan) => onReady(plan, root) }, parts);
      guardMs = this.#guard.replaced({ generation: current().generation, config: pinnedConfig, root });
    } catch (error) {
      if (reading.found.size > 0) this.watch(reading.found);
      return refusal(error, logger);
    }
    this.watch(reading.foundOnce);
    const { generation, config } = current();
    const ms = Math.round(clock.monotonicMs() - startMs);
    logger.setLevel(config.log.level);
    logger.info('configuration reloaded', { generation, ms });
    for (const warning of warnings) logger.warn(warning, { generation });
    return { ok: true, generation, ms, guardMs, warnings };
  }

  /** The files stay as they are: only when they change again, or somebody says so, are they read again. */
  async #goBack({ config, root }: InForce, instead: number): Promise<number | null> {
    const { logger, changes, isServing, parts, current, onReady } = this.#options;
    return changes.run(async () => {
      const previous = current();
      if (!isServing() || previous.generation !== instead) return null;
      await takeOver({ config, previous, onReady: (plan) => onReady(plan, root) }, parts);
      logger.setLevel(config.log.level);
      this.watch(this.#watch.found);
      return current().generation;
    });
  }
}
