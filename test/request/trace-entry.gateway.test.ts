import t from 'tap';
import { startH2Upstream } from '../helpers/h2-upstream.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startRecordingUpstream } from '../helpers/recording-upstream.ts';

const ID = '12345678901234567890123456789012';
const SPAN = '1234567890123456';
const PARENT = `00-${ID}-${SPAN}-01`;
const OURS = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;

await t.test('without any option every upstream is told of the trace, over HTTP/1.1 and HTTP/2', async (t) => {
  const plain = await startRecordingUpstream(t);
  const told: Record<string, unknown>[] = [];
  const h2 = await startH2Upstream(t, (stream, headers) => {
    told.push(headers);
    stream.respond({ ':status': 200 });
    stream.end();
  });
  const gateway = await startLoneGateway(t, `upstreams: { plain: "${plain.target}", h2: { targets: ["${h2.target}"], protocol: h2 } }
routes: [{ path: /h2, upstream: h2 }, { path: /*, upstream: plain }]`);
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  for (const path of ['/', '/h2']) {
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nTraceParent: ${PARENT}\r\nTraceState: congo=1\r\ntracestate:\r\ntracestate: rojo=2\r\n\r\n`);
    await client.readResponse();
  }
  const [request] = plain.seen;
  t.strictSame(request?.headers.filter(([name]) => /^trace/i.test(name)), [['traceparent', request?.header('traceparent')], ['tracestate', 'congo=1,rojo=2']]);
  for (const traceparent of [request?.header('traceparent'), told[0]?.['traceparent']]) {
    t.match(traceparent, OURS);
    t.match(traceparent, new RegExp(`^00-${ID}-(?!${SPAN})`));
  }
  t.equal(told[0]?.['tracestate'], 'congo=1,rojo=2');
  t.equal(gateway.ended[0]?.traceId, ID);
});

/** Cases of test/test.py of github.com/w3c/trace-context that depend on how headers are read. */
await t.test('the headers are read as the standard wants', async (t) => {
  const upstream = await startRecordingUpstream(t);
  const gateway = await startLoneGateway(t, `upstreams: { up: "${upstream.target}" }\nroutes: [{ upstream: up }]`);
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  const send = async (...lines: string[]): Promise<{ readonly goesOn: boolean; readonly state: string | undefined }> => {
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
    await client.readResponse();
    const request = upstream.seen.at(-1);
    const traceparent = request?.header('traceparent') ?? '';
    t.match(traceparent, OURS);
    return { goesOn: traceparent.slice(3, 35) === ID, state: request?.header('tracestate') };
  };
  const goesOn = { goesOn: true, state: undefined };
  const begins = { goesOn: false, state: undefined };
  for (const space of [' ', '\t', '\t ']) t.strictSame(await send(`traceparent:${space}${PARENT}${space}`), goesOn, JSON.stringify(space));
  t.strictSame(await send(), begins);
  t.strictSame(await send('tracestate: foo=1'), begins);
  t.strictSame(await send(`traceparent: ${PARENT}`, `traceparent: ${PARENT}`), begins, 'twice, although it is the same');
  t.strictSame(await send(`trace-parent: ${PARENT}`), begins);
  t.strictSame(await send(`trace.parent: ${PARENT}`), begins);
  t.strictSame(await send(`traceparent: ${PARENT}`, 'trace-state: foo=1'), goesOn);
  t.strictSame(await send(`traceparent: ${PARENT}`, 'tracestate: '), goesOn);
  t.strictSame(await send(`traceparent: ${PARENT}`, 'tracestate: foo=1', 'tracestate: FOO=1'), goesOn, 'a state that is not valid is dropped, and the trace goes on');
  t.strictSame(await send(`traceparent: ${PARENT}`, 'tracestate: foo=1 \t , \t bar=2'), { goesOn: true, state: 'foo=1,bar=2' });
});
