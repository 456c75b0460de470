import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../lib/clock.ts';
import { createLineWriter } from '../observe/line-writer.ts';
import { createLogger } from '../observe/logger.ts';
import { WorkerVitals } from '../observe/metrics/worker-vitals.ts';
import { DataPlane } from './data-plane.ts';
import type { FromWorker, GenerationPlan, ToWorker, WorkerInit } from './messages.ts';

/** Entry of a worker thread: turns the control plane's messages into calls, and their outcome into answers. */
const init = workerData as WorkerInit;
const output = createLineWriter({ noColor: init.noColor });
const logger = createLogger({ level: 'info', pretty: output.isTerminal, destination: output, clock: systemClock, fields: { worker: init.number } });
const plane = new DataPlane(init, {
  clock: systemClock, logger, output,
  onUncertified: (names) => tell({ type: 'uncertified', names }),
});
const vitals = new WorkerVitals(plane.observation.metrics, init.number);

// A bug in the handling of one connection must not take the others with it; it is logged and stays confined.
process.on('uncaughtException', (error) => logger.error('bug: uncaught exception', { error }));
process.on('unhandledRejection', (error) => logger.error('bug: unhandled rejection', { error }));

/** Generations in the making; a change of their members waits until they are there to take it. */
const building = new Map<number, Promise<void>>();

parentPort?.on('message', (message: ToWorker) => {
  act(message).catch((error: unknown) => onFailed(message, error));
});

async function act(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'build': {
      await build(message.plan);
      tell({ type: 'built', generation: message.plan.generation });
      break;
    }
    case 'swap': {
      const { retired } = await plane.swap(message.generation);
      tell({ type: 'swapped', generation: message.generation });
      const generation = await retired;
      if (generation !== null) tell({ type: 'retired', generation });
      break;
    }
    case 'discard': await plane.discard(message.generation); break;
    case 'members': {
      await building.get(message.generation);
      plane.useMembers(message.generation, message.upstream, message.members);
      break;
    }
    case 'certificates': plane.useCertificates(message.tls); break;
    case 'challenges': {
      plane.useChallenges(message.answers);
      tell({ type: 'challenged', number: message.number });
      break;
    }
    case 'metrics': {
      vitals.measure();
      tell({ type: 'metrics-snapshot', snapshot: plane.snapshot() });
      break;
    }
    case 'guard': tell({ type: 'guard-counts', snapshot: plane.observation.guardCounts(message.isOnTrial) }); break;
    case 'recent': tell({ type: 'recent-answer', number: message.number, answer: plane.observation.recent(message.query) }); break;
    case 'descriptors': tell({ type: 'descriptors', descriptors: plane.ports.descriptors }); break;
    case 'log-level': logger.setLevel(message.level); break;
    case 'reopen-logs': plane.observation.journal.reopen(); break;
    case 'drain': {
      const cut = await plane.drain(message.timeoutMs);
      logger.flush();
      tell({ type: 'drained', cut });
      break;
    }
  }
}

async function build(plan: GenerationPlan): Promise<void> {
  const built = plane.build(plan);
  building.set(plan.generation, built.catch(() => undefined));
  try {
    await built;
  } finally {
    building.delete(plan.generation);
  }
}

/** A configuration that cannot be built is for the user to mend; whatever else fails is a bug. */
function onFailed(message: ToWorker, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  if (message.type === 'build') {
    tell({ type: 'failed', generation: message.plan.generation, error: text });
    return;
  }
  logger.error('bug: a message of the control plane failed', { error, type: message.type });
  // The authority will say what is wrong with the proof, if anything is.
  if (message.type === 'challenges') tell({ type: 'challenged', number: message.number });
  if (message.type === 'swap') tell({ type: 'failed', generation: message.generation, error: text });
}

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}
