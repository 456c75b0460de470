import type { Setup } from '../peers/peer.ts';

export function setupOf(name: Setup['name'], routes = 1): Setup {
  return { name, routes, version: '1' };
}
