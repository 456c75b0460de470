import { existsSync } from 'node:fs';
import { adminToken } from '../admin/admin-token.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../lib/clock.ts';
import { createLineWriter } from '../observe/line-writer.ts';
import { createLogger, type LoggerService } from '../observe/logger.ts';
import { ControlPlane } from '../workers/control-plane.ts';
import { describeStart } from './describe-start.ts';
import { readLoaded } from './read-config.ts';
import { endAtSignal, untilSignal } from './signals.ts';
import { Exit, type Terminal } from './terminal.ts';
import { ServiceManager } from './service-manager.ts';
import { inherit, isOnlyOfContainer, startSuccessor } from './succession.ts';
import { version } from './version.ts';

/** `sluice run`: the gateway, until a signal ends it. */
export async function run(file: string, terminal: Terminal): Promise<number> {
  const loaded = readLoaded(file, terminal);
  if (loaded === null) return Exit.Wrong;
  return runGateway(file, loaded, createMainLogger(loaded.config, terminal), terminal);
}

export function createMainLogger(config: Config, terminal: Terminal): LoggerService {
  const output = createLineWriter({ noColor: (terminal.env['NO_COLOR'] ?? '') !== '' });
  return createLogger({ level: config.log.level, pretty: output.isTerminal, destination: output });
}

/** @param tryNext lines for the newcomer, shown below what was started. */
export async function runGateway(
  file: string, loaded: LoadedConfig, logger: LoggerService, terminal: Terminal, tryNext: (plane: ControlPlane) => string[] = () => [],
): Promise<number> {
  // The main thread serves nobody, so it can afford to go on after a bug; ending would take the traffic with it.
  process.on('uncaughtException', (error) => logger.error('bug: uncaught exception', { error }));
  process.on('unhandledRejection', (error) => logger.error('bug: unhandled rejection', { error }));
  const stopEarly = endAtSignal();
  const manager = new ServiceManager({ env: terminal.env, pid: process.pid, clock: systemClock, logger });
  let plane: ControlPlane;
  let announce: () => void;
  try {
    const inherited = inherit(process.env, process.pid);
    announce = inherited.announce;
    plane = await ControlPlane.start(loaded, {
      file, env: terminal.env, version: version(), adminToken: adminToken(terminal.env), clock: systemClock, logger,
      inherited: inherited.sockets, secret: inherited.secret,
    });
  } catch (error) {
    logger.flush();
    terminal.err(`sluice: ${error instanceof Error ? error.message : String(error)}`);
    return Exit.Failed;
  }
  logger.flush();
  terminal.out([...describeStart(plane), ...tryNext(plane)].join('\n'));
  const tellReady = (): void => manager.ready(`generation ${plane.status().generation}`);
  void plane.ready().then(announce).then(tellReady);
  stopEarly();
  const endedBy = await untilSignal({
    onReload: () => {
      manager.reloading();
      void plane.reload().then(tellReady);
    },
    onReopen: () => plane.reopenLogs(),
    onSuccession: async (signal) => succeeded(plane, logger, signal),
    onSecondEnd: (signal) => {
      logger.flush();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    },
  });
  if (endedBy === 'SIGUSR2') manager.leave();
  else manager.stopping();
  logger.info('shutting down: requests in flight finish', { withinMs: plane.config.drainTimeoutMs });
  const cut = await plane.stop();
  await manager.idle();
  logger.info(cut === 0 ? 'stopped' : 'stopped, some connections had to be cut', cut === 0 ? {} : { cut });
  logger.flush();
  return Exit.Ok;
}

/** Another process of this program goes on in the place of this one. */
async function succeeded(plane: ControlPlane, logger: LoggerService, signal: AbortSignal): Promise<boolean> {
  if (isOnlyOfContainer(process, existsSync)) {
    logger.error('no hand-over: the container ends with this process. Start another container instead.');
    return false;
  }
  logger.info('another process of this program is started and takes over');
  try {
    const pid = await plane.handOver(async (descriptors, secret) => startSuccessor({ descriptors, secret }, systemClock, signal));
    logger.info('the other process has taken over', { pid });
    return true;
  } catch (error) {
    logger.error('the hand-over failed, this process goes on', { error });
    return false;
  }
}
