import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generator, h2load, wrk } from '../load/loads.ts';
import { API_KEY } from '../peers/peer.ts';
import { token } from '../peers/tokens.ts';
import type { Case } from './case.ts';
import { setupOf } from './setups.ts';

const UPLOAD_BYTES = 1_048_576;

/** More than Sluice remembers, in turn, so that each one has been forgotten when it comes again. */
const TOKENS = 12_000;

/** @param dir for what wrk is to read. */
export function throughputCases(dir: string): readonly Case[] {
  const base = { unit: 'request', others: 'none', ratioMax: null } as const;
  const all = { ...base, others: 'all' } as const;
  const [plain, streams, tls, guarded, jwt] = [setupOf('plain'), setupOf('streams'), setupOf('tls'), setupOf('guarded'), setupOf('jwt')];
  return [
    { ...all, name: 'small JSON, HTTP/1.1', setup: plain, path: '/small', load: wrk(), ratioMax: 2 },
    { ...base, name: '10 KB JSON, HTTP/1.1', setup: plain, path: '/10k', load: wrk() },
    { ...all, name: '1 MB, HTTP/1.1', setup: plain, path: '/1m', load: wrk({ connections: 16 }), ratioMax: 1.4 },
    { ...base, name: 'upload of 1 MB, HTTP/1.1', setup: streams, path: '/upload', load: wrk({ connections: 16, script: uploadScript(dir) }) },
    { ...all, name: 'WebSocket echo, 64 bytes', unit: 'message', setup: streams, path: '/ws', load: generator('echo', { connections: 64 }), ratioMax: 1.2 },
    { ...base, name: 'event streams, 200 clients', unit: 'event', setup: streams, path: '/sse', load: generator('events', { connections: 200 }) },
    { ...all, name: 'small JSON, HTTPS', setup: tls, path: '/small', load: wrk(), ratioMax: 2 },
    { ...all, name: 'small JSON, HTTP/2', setup: tls, path: '/small', load: h2load, ratioMax: 2.2 },
    { ...base, name: '1 MB, HTTPS', setup: tls, path: '/1m', load: wrk({ connections: 16 }) },
    { ...all, name: 'full TLS 1.3 handshake', unit: 'handshake', setup: tls, path: '/', load: generator('handshakes', { connections: 4 }), ratioMax: 1.6 },
    { ...all, name: 'resumed TLS 1.3 handshake', unit: 'handshake', setup: tls, path: '/', load: generator('handshakes', { connections: 4, resumed: true }) },
    { ...base, name: '10 KB JSON with gzip', setup: setupOf('gzip'), path: '/10k', load: wrk({ headers: { 'Accept-Encoding': 'gzip' } }) },
    { ...base, name: 'rate limit, API key, access log', setup: guarded, path: '/small', load: wrk({ headers: { 'X-API-Key': API_KEY } }) },
    { ...base, name: 'rate limit, JWT seen before, access log', setup: jwt, path: '/small', load: wrk({ headers: { Authorization: `Bearer ${token(0)}` } }) },
    { ...base, name: 'rate limit, JWT never seen, access log', setup: jwt, path: '/small', load: wrk({ script: tokenScript(dir) }) },
    ...[10, 1000, 10_000].map((routes): Case => ({ ...base, name: `${routes.toLocaleString('en')} routes`, setup: setupOf('routes', routes), path: `/service-${routes - 1}/orders`, load: wrk() })),
  ];
}

function uploadScript(dir: string): string {
  const file = path.join(dir, 'upload.lua');
  writeFileSync(file, `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/octet-stream"\nwrk.body = string.rep("u", ${UPLOAD_BYTES})\n`);
  return file;
}

function tokenScript(dir: string): string {
  const tokens = path.join(dir, 'tokens.txt');
  writeFileSync(tokens, `${Array.from({ length: TOKENS }, (_, i) => token(i)).join('\n')}\n`);
  const file = path.join(dir, 'tokens.lua');
  writeFileSync(file, `
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
  return file;
}
