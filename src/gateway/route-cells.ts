import type { Config } from '../config/config.ts';

/** Names of the shared cells a configuration needs; the control plane sets them aside before any worker builds. */
export function cellNames(config: Config): string[] {
  return config.routes.flatMap(({ id }) => [`streams ${id}`, `tunnels ${id}`]);
}
