import type { Server } from 'node:net';

/**
 * File descriptor of a server that listens, for a process that is to go on with its socket; null where the platform has
 * none. Node does not document it, and has no other way to hand a listening socket to a process that is no worker of cluster.
 */
export function serverDescriptor(server: Server): number | null {
  const handle: unknown = Reflect.get(server, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : null;
}
