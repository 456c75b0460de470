import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import type { LogFields } from '../../src/observe/log-entry.ts';
import type { LoggerService } from '../../src/observe/logger.ts';
import { ControlPlane } from '../../src/workers/control-plane.ts';
import { tempDir } from './temp-dir.ts';

type TestContext = Parameters<typeof tempDir>[0];

export interface TestGateway {
  readonly plane: ControlPlane;
  /** Port of the first plain listener; 0 without one. */
  readonly httpPort: number;
  /** Port of the first TLS listener; 0 without one. */
  readonly httpsPort: number;
  /** PEM of the local CA, to trust the TLS listener; '' without one. */
  readonly ca: string;
  /** What the main thread logged. */
  readonly messages: readonly string[];
  /** Writes another configuration over the old one; takes effect with `plane.reload()`. */
  write(yaml: string): void;
}

export interface GatewayOptions {
  /** Default: `listen: { http: 127.0.0.1:0, admin: off }`, `accessLog: off`, `log: { level: error }`, short drain. A key given in `yaml` too replaces it. */
  readonly https?: boolean;
  /** Of the control plane; the workers' is the system's in any case. */
  readonly clock?: Clock;
}

/**
 * A whole gateway in this process, with real worker threads, on free loopback ports; stopped at teardown.
 * `yaml` needs only `upstreams` and `routes`; what it does not say about `listen`, `accessLog`, `log`, `tls`, `reload` and
 * `drainTimeout` is filled in for tests; files are not watched.
 */
export async function startGateway(t: TestContext, yaml: string, { https = false, clock = systemClock }: GatewayOptions = {}): Promise<TestGateway> {
  const dir = tempDir(t);
  const file = join(dir, 'gateway.yaml');
  mkdirSync(join(dir, 'certs'), { recursive: true });
  const write = (text: string): void => writeFileSync(file, withDefaults(text, dir, https));
  write(yaml);
  const messages: string[] = [];
  const plane = await ControlPlane.start(loadConfig(file, { env: process.env }), {
    file, env: process.env, version: '0.0.0-test', adminToken: null, clock, logger: collectingLogger(messages), inherited: [], secret: null,
  });
  let stopped = false;
  const stop = plane.stop.bind(plane);
  plane.stop = async () => {
    stopped = true;
    return stop();
  };
  t.teardown(async () => {
    if (!stopped) await plane.stop();
  });
  const portOf = (kind: 'http' | 'https'): number => plane.ports.find((port) => port.kind === kind)?.address.port ?? 0;
  const caFile = plane.tls?.localCa?.file ?? null;
  return {
    plane,
    httpPort: portOf('http'),
    httpsPort: portOf('https'),
    ca: caFile === null ? '' : readFileSync(caFile, 'utf8'),
    messages,
    write,
  };
}

/** Fills in the top-level keys a test does not care about. */
export function withDefaults(yaml: string, dir: string, https: boolean): string {
  const defaults: Record<string, string> = {
    listen: `listen: { http: "127.0.0.1:0",${https ? ' https: "127.0.0.1:0",' : ''} admin: off }`,
    accessLog: 'accessLog: off',
    log: 'log: { level: error }',
    tls: `tls: { store: ${JSON.stringify(join(dir, 'certs'))} }`,
    drainTimeout: 'drainTimeout: 1s',
    reload: 'reload: { watch: off }',
  };
  const missing = Object.entries(defaults).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(yaml));
  return `${missing.map(([, text]) => text).join('\n')}\n${yaml}`;
}

function collectingLogger(messages: string[]): LoggerService {
  const collect = (message: string, fields?: LogFields): void => {
    messages.push(fields === undefined ? message : `${message} ${JSON.stringify(fields, errorText)}`);
  };
  return {
    error: collect, warn: collect, info: collect, debug: collect,
    isDebug: false, setLevel: () => undefined, flush: () => undefined, dropped: 0,
  };
}

function errorText(_key: string, value: unknown): unknown {
  return value instanceof Error ? `${value.name}: ${value.message}` : value;
}
