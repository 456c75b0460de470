import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startRecordingUpstream } from '../helpers/recording-upstream.ts';

// YAML bombs, unknown keys, missing variables and refused expressions are tested where the file is read, in test/config.

/** Each makes an engine that backtracks try more ways than there is time for; all of them are tried on every path. */
const CATASTROPHIC = ['^/(a+)+$', '^/(a|aa)+$', '^/(a|a?)+$', '^/(.*a){20}$', '^/((a*)*)*$', '(a|b|ab)*c$'];

await t.test('no path makes a regular expression of the configuration hold up the others', async (t) => {
  const upstream = await startRecordingUpstream(t);
  const routes = CATASTROPHIC.map((pattern, i) => `{ path: "~${pattern}", priority: ${i}, respond: { status: 299 } }`);
  const rewrite = `{ path: /rewritten/*, upstream: "${upstream.target}", rewrite: { pattern: "(a+)+z", with: "b" } }`;
  const gateway = await startGateway(t, `workers: 1\nroutes: [${routes.join(', ')}, ${rewrite}, { path: /*, respond: {} }]`);
  const startMs = performance.now();
  for (const path of [`/${'a'.repeat(30_000)}!`, `/${'ab'.repeat(15_000)}!`, `/rewritten/${'a'.repeat(30_000)}`]) {
    const client = await RawClient.connect({ port: gateway.httpPort });
    t.equal((await client.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`).readResponse()).status, 200, path.slice(0, 12));
    client.destroy();
  }
  t.ok(performance.now() - startMs < 5000, 'where one of them alone would take longer than the world has lasted');
  t.equal(upstream.seen[0]?.target.length, '/rewritten/'.length + 30_000);
});
