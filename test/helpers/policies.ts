import type { PolicyName, PolicySettings } from '../../src/config/policies/policy-kinds.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Kept } from '../../src/lib/kept.ts';
import { createKeyCounts, KeyCounts } from '../../src/lib/key-counts.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import type { Logger } from '../../src/observe/logger.ts';
import type { Phases, Policy, PolicyServices } from '../../src/policy/policy.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../src/policy/rate-limit/memory-store.ts';
import { configOf, faultsOf, loadText, type Surroundings } from './config-text.ts';
import { ManualClock } from './manual-clock.ts';
import { type RecordingSink, sampleExchange, type SampleRequest } from './sample-exchange.ts';

const SILENT: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore, isDebug: false };

/** What policies are lent, with a clock in hand. */
export function policyServices(clock: Clock = new ManualClock()): PolicyServices {
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const limits = new MemoryStore(createLimitMemory(1000, clock.processMs()), 1, clock);
  return { clock, deadlines, logger: SILENT, random: () => 0.5, outcomes: new WorkerMetrics(), kept: new Kept(), limits, inFlight: new KeyCounts(createKeyCounts(1), 1) };
}

/** What the one route of a file says of its policies; `options` stand in the route, as `ip: { deny: 192.0.2.1 }`. */
export function settingsOf(options: string, more = '', surroundings: Surroundings = {}): PolicySettings {
  const [route] = configOf(`routes: [{ respond: {}, ${options} }]\n${more}`, surroundings).routes;
  if (route === undefined) throw new Error('the file has a route');
  return route.policies;
}

/** The messages about a route with these options that cannot be used. */
export function faultsOfRoute(options: string, more = ''): string[] {
  return faultsOf(() => loadText(`routes: [{ respond: {}, ${options} }]\n${more}`)).map(({ message, hint }) => `${message} ${hint ?? ''}`.trim());
}

/** One policy at work, made of the options of a route. */
export async function startPolicy<N extends PolicyName>(definition: Policy<N>, options: string, services = policyServices(), more = ''): Promise<Phases> {
  const settings = settingsOf(options, more);
  const config = settings[definition.name];
  if (config === null) throw new Error(`${definition.name} is off`);
  return definition.create(config, { id: 'r', settings }, services);
}

interface Asked {
  readonly exchange: Exchange;
  readonly sink: RecordingSink;
  /** What the policy threw; null: it let the request pass, or answered. */
  readonly error: unknown;
}

/** Sends a sample request through the request phases of a policy. */
export async function ask({ onRequest, onAdmitted }: Phases, request: SampleRequest & { readonly change?: Partial<Exchange> } = {}): Promise<Asked> {
  const { exchange, sink } = sampleExchange(request);
  Object.assign(exchange, { host: 'a.test', path: '/', clientAddress: '192.0.2.1', ...request.change });
  try {
    await onRequest?.(exchange);
    if (!sink.headSent) await onAdmitted?.(exchange);
    return { exchange, sink, error: null };
  } catch (error) {
    return { exchange, sink, error };
  }
}

function ignore(): void {
  // What a test wants to know stands in the exchange.
}
