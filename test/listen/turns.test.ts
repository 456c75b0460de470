import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

await t.test('pipelined requests are worked on one at a time and answered in order', async (t) => {
  let inWork = 0;
  let most = 0;
  const upstream = await startHttpUpstream((request, response) => {
    inWork += 1;
    most = Math.max(most, inWork);
    setImmediate(() => {
      inWork -= 1;
      response.end(request.url);
    });
  });
  t.teardown(() => upstream.close());
  const gateway = await startGateway(t, `upstreams: { app: "${upstream.target}" }\nroutes: [{ upstream: app }]`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => client.destroy());
  const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
  client.write(paths.map(get).join(''));
  const answers: string[] = [];
  for (const _ of paths) answers.push((await client.readResponse()).text);
  t.strictSame(answers, paths);
  t.equal(most, 1, 'never two of one connection at once');
  t.equal(upstream.connections, 1, 'one upstream connection is enough');
});

await t.test('requests behind one that is never answered reach nobody, and are gone with the connection', async (t) => {
  const seen: string[] = [];
  const upstream = await startHttpUpstream((request) => {
    seen.push(request.url ?? '');
  });
  t.teardown(() => upstream.close());
  const gateway = await startGateway(t, `upstreams: { app: "${upstream.target}" }\nroutes: [{ upstream: app }]`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write(Array.from({ length: 100 }, (_, i) => get(`/${i}`)).join(''));
  await eventually(() => seen.length === 1);
  client.destroy();
  await eventually(() => upstream.open === 0);
  t.strictSame(seen, ['/0']);
  t.equal(await gateway.plane.stop(), 0, 'nothing is left to be cut');
});
