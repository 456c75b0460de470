import * as fc from 'fast-check';
import t from 'tap';
import { LOG_FIELDS } from '../../src/config/log-field.ts';
import { createAccessJson } from '../../src/observe/access-json.ts';
import type { AccessRecord } from '../../src/observe/access-record.ts';
import { FULL_MASK, privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

const PIPE_BUF = 4096;
const accessJson = createAccessJson({ privacy: privacyOf() });

const TEXT_FIELDS = [
  'id', 'method', 'host', 'path', 'query', 'protocol', 'tlsVersion', 'clientAddress', 'userAgent', 'referer',
  'routeId', 'upstream', 'target', 'errorCode', 'errorDetail', 'upgrade',
] as const satisfies readonly (keyof AccessRecord)[];

function parse(record: Partial<AccessRecord>): unknown {
  return JSON.parse(accessJson({ ...sampleRecord, ...record }));
}

await t.test('a request is one JSON object with its facts', async (t) => {
  t.strictSame(parse({}), {
    time: '2026-01-02T03:04:05.067Z',
    requestId: '01jd3v9c5g2n8',
    method: 'GET',
    scheme: 'https',
    host: 'app.example.com',
    path: '/api/orders/42?page=2',
    protocol: 'HTTP/1.1',
    tls: 'TLSv1.3',
    status: 200,
    client: '203.0.113.7',
    route: 'app.example.com/api/*',
    upstream: 'api',
    target: 'api:8000',
    attempts: 1,
    bytesIn: 0,
    bytesOut: 5120,
    requestMs: 3.22,
    connectMs: 0.5,
    headMs: 2.75,
    responseMs: 3.1,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    referer: 'https://app.example.com/orders',
  });
});

await t.test('what did not happen is left out, and a failure has its code and reason', async (t) => {
  const refused = { upstream: '', target: '', attempts: 0, connectMs: -1, headMs: -1, responseMs: -1, status: 404, errorCode: 'no_route', errorDetail: 'no path' };
  const line = parse({ ...refused, referer: '', userAgent: '', tlsVersion: '' });
  t.match(line, { status: 404, code: 'no_route', reason: 'no path', requestMs: 3.22 });
  const absent = ['upstream', 'target', 'attempts', 'connectMs', 'headMs', 'responseMs', 'referer', 'userAgent', 'tls', 'upgrade'];
  t.strictSame(absent.filter((name) => name in (line as object)), []);
  t.match(parse({ upgrade: 'websocket', connectMs: 0 }), { upgrade: 'websocket', connectMs: 0 });
});

await t.test('the text of a time is right in every ms, also when the second goes back', async (t) => {
  for (const startedAtMs of [0, 9, 99, 999, 1000, 1_767_323_045_678, 5]) {
    t.match(parse({ startedAtMs }), { time: new Date(startedAtMs).toISOString() });
  }
});

await t.test('threat: line breaks and control characters in any field cannot forge a line', async (t) => {
  const attack = '\r\n{"status":200}\u0000\u001b[2J\u007f\u0085\u009b\u2028\u2029"\\';
  for (const field of TEXT_FIELDS) {
    const line = accessJson({ ...sampleRecord, [field]: attack });
    t.equal(line.search(/[\p{Cc}\u2028\u2029]/u), line.length - 1, `${field}: the only control character is the last`);
    t.match(JSON.parse(line), { status: 200, bytesOut: 5120 });
  }
  fc.assert(
    fc.property(fc.constantFrom(...TEXT_FIELDS), fc.string({ unit: 'binary' }), (field, text) => {
      const line = accessJson({ ...sampleRecord, [field]: text });
      JSON.parse(line);
      return line.indexOf('\n') === line.length - 1;
    }),
  );
});

await t.test('threat: fields of any length, together, stay below what a pipe takes whole', async (t) => {
  for (const unit of ['x', '"', '\u0001', 'é', '𝄞', '\ud800']) {
    const record = { ...sampleRecord, bytesIn: Number.MAX_SAFE_INTEGER, bytesOut: Number.MAX_SAFE_INTEGER, totalMs: 1e9 / 3, connectMs: 1e9 / 3, headMs: 1e9 / 3, responseMs: 1e9 / 3 };
    for (const field of TEXT_FIELDS) record[field] = unit.repeat(3000);
    const line = accessJson(record);
    t.ok(Buffer.byteLength(line) < PIPE_BUF, `${JSON.stringify(unit)}: ${Buffer.byteLength(line)} bytes`);
    t.match(JSON.parse(line), { status: 200 });
  }
});

await t.test('threat: secrets in the query and in the referer are not written', async (t) => {
  const line = accessJson({ ...sampleRecord, query: '?a=1&access_token=hunter2', referer: 'https://u:hunter2@x.example/?code=hunter2#token=hunter2' });
  t.notMatch(line, /hunter2/);
  t.match(JSON.parse(accessJson({ ...sampleRecord, query: '?jwt=hunter2' })), { path: '/api/orders/42?jwt=***' });
});

await t.test('the fields chosen are there, in the order chosen, and no others', async (t) => {
  const render = createAccessJson({ privacy: privacyOf(), fields: ['status', 'path', 'time'] });
  t.equal(render(sampleRecord), '{"status":200,"path":"/api/orders/42?page=2","time":"2026-01-02T03:04:05.067Z"}\n');
  t.equal(createAccessJson({ privacy: privacyOf(), fields: ['upgrade'] })(sampleRecord), '{}\n');
  for (const field of LOG_FIELDS) {
    const full = { ...sampleRecord, errorCode: 'x', errorDetail: 'x', identity: { kind: 'jwt', name: 'x' }, traceId: 'x', upgrade: 'x' };
    t.strictSame(Object.keys(JSON.parse(createAccessJson({ privacy: privacyOf(), fields: [field] })(full)) as object), [field]);
  }
});

await t.test('headers chosen are there by their names, all values of one joined; fifty long ones do not make a line too long', async (t) => {
  const rawHeaders = ['X-Tenant', 'a', 'Accept', '*/*', 'x-tenant', 'b', 'Cookie', 'sid=hunter2'];
  const render = createAccessJson({ privacy: privacyOf(), fields: ['status'], headers: ['x-tenant', 'x-none', 'cookie'] });
  t.equal(render({ ...sampleRecord, head: { rawHeaders } }), '{"status":200,"headers":{"x-tenant":"a, b","cookie":"***"}}\n');
  const names = Array.from({ length: 50 }, (_, index) => `x-${'n'.repeat(60)}-${index}`);
  const long = createAccessJson({ privacy: privacyOf(), headers: names })({ ...sampleRecord, head: { rawHeaders: names.flatMap((name) => [name, '\u0001'.repeat(500)]) } });
  t.ok(Buffer.byteLength(long) < PIPE_BUF);
  t.match(JSON.parse(long), { status: 200, method: 'GET' });
});

await t.test('personal data is masked in every field that can hold some', async (t) => {
  const personal = 'jo.doe@example.com 010-1234-5678 E123456 4111 1111 1111 1111';
  const record = {
    ...sampleRecord, path: `/u/${personal}`, query: `?q=${personal}&name=Jo`, referer: `https://x.example/${personal}`, userAgent: personal,
    errorDetail: `${personal} 203.0.113.7`, identity: { kind: 'jwt', name: personal }, head: { rawHeaders: ['X-Note', personal] },
  };
  const line = createAccessJson({ privacy: privacyOf(FULL_MASK), headers: ['x-note'] })(record);
  t.notMatch(line, /jo\.doe|5678|E123456|1111|203\.0\.113\.7|Jo"/);
  t.match(JSON.parse(line), { client: '203.0.113.0', user: '[email] [phone] [employee] [card]', headers: { 'x-note': '[email] [phone] [employee] [card]' } });
});
