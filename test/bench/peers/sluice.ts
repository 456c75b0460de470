import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { API_KEY, isTls, prefixes, type Peer, type Place } from './peer.ts';
import { TOKEN_SECRET } from './tokens.ts';

/** The defaults, but for one worker and no access log. */
export const sluice: Peer = {
  name: 'sluice',
  program: process.execPath,
  can: () => true,
  compiled: false,
  reload: (_place, signal) => signal('SIGHUP'),
  configure(place) {
    const file = path.join(place.dir, 'gateway.yaml');
    writeFileSync(file, configOf(place));
    return [place.sluice, 'run', '-c', file];
  },
};

const LIMIT = 'rateLimit: { limits: 1000000/s }';

function configOf({ dir, port, targetPort, setup, cert, key }: Place): string {
  const guarded = setup.name === 'guarded' || setup.name === 'jwt';
  const limits = setup.name === 'idle' ? ', limits: { connections: 20000, connectionsPerAddress: 20000 }' : '';
  const policy = { gzip: 'compress: { encodings: [gzip], level: { gzip: 6 } }', guarded: `${LIMIT}, apiKey: { keys: [{ name: bench, hash: "sha256:${createHash('sha256').update(API_KEY).digest('hex')}" }] }`, jwt: `${LIMIT}, jwt: { secret: ${TOKEN_SECRET} }` };
  const more = setup.name in policy ? `, ${policy[setup.name as keyof typeof policy]}` : '';
  return `
listen: { ${isTls(setup) ? 'https' : 'http'}: "127.0.0.1:${port}", admin: off${limits} }
workers: 1
accessLog: ${guarded ? '{ format: json, to: { file: /dev/null, rotate: off } }' : 'off'}
reload: { watch: off }
tls: { store: ${JSON.stringify(dir)}${isTls(setup) ? `, certificates: [{ cert: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)} }]` : ''} }
upstreams: { app: "127.0.0.1:${targetPort}" }
defaults: { headers: { response: { set: { X-Version: "${setup.version}" } } } }
routes:
${prefixes(setup).map((prefix) => `  - { path: "${prefix}*", upstream: app${more} }`).join('\n')}
`;
}
