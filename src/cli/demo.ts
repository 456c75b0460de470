import { startDemo } from '../demo/demo.ts';
import type { ControlPlane } from '../workers/control-plane.ts';
import { readLoaded } from './read-config.ts';
import { createMainLogger, runGateway } from './run.ts';
import { Exit, type Terminal } from './terminal.ts';

/** The upstream whose targets are played by instances of the demo app. */
const UPSTREAM = 'demo';

/** `sluice demo`: the gateway on its configuration, with an instance of the demo app behind each target of the upstream `demo`. */
export async function demo(file: string, terminal: Terminal): Promise<number> {
  const loaded = readLoaded(file, terminal);
  if (loaded === null) return Exit.Wrong;
  const { config } = loaded;
  const ports = config.upstreams.find(({ name }) => name === UPSTREAM)?.targets.map(({ port }) => port) ?? [];
  if (ports.length === 0) {
    terminal.err(`sluice: ${file} has no upstream \`${UPSTREAM}\`; its targets are where the demo app is started. config/gateway.yaml shows how.`);
    return Exit.Wrong;
  }
  const logger = createMainLogger(config, terminal);
  let app;
  try {
    app = await startDemo({ ports, logger });
  } catch (error) {
    logger.flush();
    terminal.err(`sluice: ${error instanceof Error ? error.message : String(error)}`);
    return Exit.Failed;
  }
  try {
    return await runGateway(file, loaded, logger, terminal, tryNext);
  } finally {
    await app.stop();
  }
}

function tryNext({ ports, tls }: ControlPlane): string[] {
  const https = ports.find(({ kind }) => kind === 'https')?.address.port;
  const base = https === undefined ? `http://localhost:${ports[0]?.address.port ?? ''}` : `https://localhost:${https}`;
  const trust = https !== undefined && typeof tls?.localCa?.file === 'string' ? ` --cacert ${tls.localCa.file}` : '';
  return [
    '',
    `Open ${base}/ in a browser, or try:`,
    `  curl${trust} ${base}/api/info         # which instance answered, and what it was told of you`,
    `  curl${trust} -N ${base}/events        # an event stream: one event a second, never cut`,
    `  curl${trust} ${base}/hello            # an answer of the gateway itself`,
    `  curl${trust} -X POST ${base}/stop     # stops one instance; ask /api/info again and see who answers`,
    'Ctrl-C ends it.',
  ];
}
