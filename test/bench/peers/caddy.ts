import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandPath } from '../../helpers/service.ts';
import { isTls, SECURITY_HEADERS, type Peer, type Place } from './peer.ts';

/** As its documentation shows it; the core it is pinned to leaves it one processor. */
export const caddy: Peer = {
  name: 'caddy',
  program: commandPath('caddy'),
  can: ({ name }) => ['plain', 'streams', 'tls', 'idle'].includes(name),
  reloadSignal: null,
  configure(place) {
    const file = path.join(place.dir, 'Caddyfile');
    writeFileSync(file, configOf(place));
    return ['run', '--adapter', 'caddyfile', '--config', file];
  },
};

function configOf({ dir, port, targetPort, setup, cert, key }: Place): string {
  const site = isTls(setup) ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  return `{
  admin off
  auto_https disable_redirects
  storage file_system ${dir}
}
${site} {
  bind 127.0.0.1
  ${isTls(setup) ? `tls ${cert} ${key}` : ''}
  header {
${[...SECURITY_HEADERS, ['X-Version', setup.version] as const].map(([name, value]) => `    ${name} ${value}`).join('\n')}
  }
  reverse_proxy 127.0.0.1:${targetPort} {
    flush_interval -1
    transport http {
      keepalive_idle_conns_per_host 64
    }
  }
}
`;
}
