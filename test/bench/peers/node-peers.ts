import { createRequire } from 'node:module';
import type { Peer } from './peer.ts';

const require = createRequire(import.meta.url);

/** Proxies that are packages of Node.js, each as its own documentation begins. */
function nodePeer(name: string, packageName: string): Peer {
  return {
    name,
    program: isInstalled(packageName) ? process.execPath : null,
    can: (setup) => setup.name === 'plain' || setup.name === 'streams',
    reloadSignal: null,
    configure: ({ port, targetPort }) => [new URL(`${name}-main.ts`, import.meta.url).pathname, String(port), `http://127.0.0.1:${targetPort}`],
  };
}

export const fastifyHttpProxy = nodePeer('fastify-http-proxy', '@fastify/http-proxy');
export const httpProxy = nodePeer('http-proxy', 'http-proxy');

function isInstalled(packageName: string): boolean {
  try {
    require.resolve(packageName);
    return true;
  } catch {
    return false;
  }
}
