import type { Peer } from './peer.ts';

/** Proxies that are packages of Node.js, each as its own documentation begins. */
function nodePeer(name: string): Peer {
  return {
    name,
    program: process.execPath,
    compiled: false,
    can: (setup) => setup.name === 'plain' || setup.name === 'streams',
    reload: null,
    configure: ({ port, targetPort, setup }) => [new URL(`${name}-main.ts`, import.meta.url).pathname, String(port), `http://127.0.0.1:${targetPort}`, JSON.stringify(setup)],
  };
}

export const fastifyHttpProxy = nodePeer('fastify-http-proxy');
export const httpProxy = nodePeer('http-proxy');
