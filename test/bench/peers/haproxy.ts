import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandPath } from '../../helpers/service.ts';
import { idleConnections } from '../open-files.ts';
import { answerHeaders, CONNECTIONS_MAX, isTls, type Peer, type Place } from './peer.ts';

/** One thread, connections to the target shared by all clients. */
export const haproxy: Peer = {
  name: 'haproxy',
  program: commandPath('haproxy'),
  can: ({ name }) => ['plain', 'streams', 'tls', 'idle', 'reload'].includes(name),
  compiled: true,
  reload: (_place, signal) => signal('SIGUSR2'),
  configure(place) {
    const file = path.join(place.dir, 'haproxy.cfg');
    writeFileSync(file, configOf(place));
    // Only its master process can be told to reload.
    return [...(place.setup.name === 'reload' ? ['-W'] : []), '-db', '-f', file];
  },
};

function configOf({ port, targetPort, setup, both }: Place): string {
  // It starts only where it may open two files for each connection.
  const limit = setup.name === 'idle' ? idleConnections() + 50 : Math.min(CONNECTIONS_MAX / 4, idleConnections());
  return `global
  nbthread 1
  maxconn ${limit}
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout tunnel 600s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port} backlog 8192${isTls(setup) ? ` ssl crt ${both} alpn h2,http/1.1` : ''}
  maxconn ${limit}
  unique-id-format %{+X}o%ci%cp%Ts%rt
  unique-id-header X-Request-Id
  option forwardfor
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto ${isTls(setup) ? 'https' : 'http'}
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Port %[dst_port]
${answerHeaders(setup).map(([name, value]) => `  http-response set-header ${name} "${value}"`).join('\n')}
  default_backend app
backend app
  server one 127.0.0.1:${targetPort} pool-max-conn -1
`;
}
