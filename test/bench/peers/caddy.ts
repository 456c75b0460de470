import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { commandPath } from '../../helpers/service.ts';
import { answerHeaders, isTls, type Peer, type Place } from './peer.ts';

/** As its documentation shows it; the core it is pinned to leaves it one processor. */
export const caddy: Peer = {
  name: 'caddy',
  program: commandPath('caddy'),
  can: ({ name }) => ['plain', 'streams', 'tls', 'idle', 'reload'].includes(name),
  compiled: true,
  async reload({ dir, ...place }) {
    const request = http.request({ socketPath: adminSocket(dir), path: '/load', method: 'POST', headers: { 'content-type': 'text/caddyfile' } });
    request.end(configOf({ dir, ...place }));
    const [answer] = await once(request, 'response') as [http.IncomingMessage];
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`caddy refuses its configuration with ${answer.statusCode}`);
  },
  configure(place) {
    const file = path.join(place.dir, 'Caddyfile');
    writeFileSync(file, configOf(place));
    return ['run', '--adapter', 'caddyfile', '--config', file];
  },
};

function adminSocket(dir: string): string {
  return path.join(dir, 'admin.sock');
}

function configOf({ dir, port, targetPort, setup, cert, key }: Place): string {
  const site = isTls(setup) ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  return `{
  admin ${setup.name === 'reload' ? `unix/${adminSocket(dir)} {\n    origins localhost\n  }` : 'off'}
  auto_https disable_redirects
  storage file_system ${dir}
}
${site} {
  bind 127.0.0.1
  ${isTls(setup) ? `tls ${cert} ${key}` : ''}
  header {
${answerHeaders(setup).map(([name, value]) => `    ${name} "${value}"`).join('\n')}
  }
  reverse_proxy 127.0.0.1:${targetPort} {
    header_up X-Real-IP {remote_host}
    header_up X-Forwarded-Port {http.request.port}
    header_up X-Request-Id {http.request.uuid}
    flush_interval -1
    transport http {
      keepalive_idle_conns_per_host 64
    }
  }
}
`;
}
