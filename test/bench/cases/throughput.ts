import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generator, h2load, wrk } from '../load/loads.ts';
import { API_KEY } from '../peers/peer.ts';
import { token } from '../peers/tokens.ts';
import type { Case } from './case.ts';
import { setupOf } from './setups.ts';

const UPLOAD_SCRIPT = 'upload.lua';
const TOKEN_SCRIPT = 'tokens.lua';
const UPLOAD_BYTES = 1_048_576;

/** More than Sluice remembers, in turn, so that each one has been forgotten when it comes again. */
const TOKENS = 12_000;

/** @param dir where wrk finds what it is to read, see writeScripts. */
export function throughputCases(dir: string): readonly Case[] {
  const base = { unit: 'request', code: 'answers', others: 'none', ratioMax: null } as const;
  const all = { ...base, others: 'all' } as const;
  const [plain, streams, tls, guarded, jwt] = [setupOf('plain'), setupOf('streams'), setupOf('tls'), setupOf('guarded'), setupOf('jwt')];
  const handshake = { ...all, unit: 'handshake', setup: tls, code: 'handshakes', path: '/' } as const;
  return [
    { ...all, name: 'small JSON, HTTP/1.1', setup: plain, path: '/small', load: wrk(), ratioMax: 2 },
    { ...base, name: '10 KB JSON, HTTP/1.1', setup: plain, path: '/10k', load: wrk() },
    { ...all, name: '1 MB, HTTP/1.1', setup: plain, code: 'bodies', path: '/1m', load: wrk({ connections: 16 }), ratioMax: 1.4 },
    { ...base, name: 'upload of 1 MB, HTTP/1.1', setup: streams, code: 'uploads', path: '/upload', load: wrk({ connections: 16, script: path.join(dir, UPLOAD_SCRIPT) }) },
    { ...all, name: 'WebSocket echo, 64 bytes', unit: 'message', setup: streams, code: 'messages', path: '/ws', load: generator('echo', { connections: 64 }), ratioMax: 1.2 },
    { ...base, name: 'event streams, 200 clients', unit: 'event', setup: streams, code: 'events', path: '/sse', load: generator('events', { connections: 200 }) },
    { ...all, name: 'small JSON, HTTPS', setup: tls, path: '/small', load: wrk(), ratioMax: 2 },
    { ...all, name: 'small JSON, HTTP/2', setup: tls, code: 'streams', path: '/small', load: h2load, ratioMax: 2.2 },
    { ...base, name: '1 MB, HTTPS', setup: tls, code: 'bodies', path: '/1m', load: wrk({ connections: 16 }) },
    { ...handshake, name: 'full TLS 1.3 handshake', load: generator('handshakes', { connections: 4 }), ratioMax: 1.6 },
    { ...handshake, name: 'resumed TLS 1.3 handshake', load: generator('handshakes', { connections: 4, resumed: true }) },
    { ...base, name: '10 KB JSON with gzip', setup: setupOf('gzip'), path: '/10k', load: wrk({ headers: { 'Accept-Encoding': 'gzip' } }) },
    { ...base, name: 'rate limit, API key, access log', setup: guarded, path: '/small', load: wrk({ headers: { 'X-API-Key': API_KEY } }) },
    { ...base, name: 'rate limit, JWT seen before, access log', setup: jwt, path: '/small', load: wrk({ headers: { Authorization: `Bearer ${token(0)}` } }) },
    { ...base, name: 'rate limit, JWT never seen, access log', setup: jwt, code: 'signatures', path: '/small', load: wrk({ script: path.join(dir, TOKEN_SCRIPT) }) },
    ...[10, 1000, 10_000].map((routes): Case => ({ ...base, name: `${routes.toLocaleString('en')} routes`, setup: setupOf('routes', routes), path: `/service-${routes - 1}/orders`, load: wrk() })),
  ];
}

export function writeScripts(dir: string): void {
  writeFileSync(path.join(dir, UPLOAD_SCRIPT), `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/octet-stream"\nwrk.body = string.rep("u", ${UPLOAD_BYTES})\n`);
  const tokens = path.join(dir, 'tokens.txt');
  writeFileSync(tokens, `${Array.from({ length: TOKENS }, (_, i) => token(i)).join('\n')}\n`);
  writeFileSync(path.join(dir, TOKEN_SCRIPT), `
local requests, at = {}, 0
function init()
  for line in io.lines(${JSON.stringify(tokens)}) do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. line })
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`);
}
