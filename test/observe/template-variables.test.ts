import t from 'tap';
import { LOG_VARIABLES } from '../../src/config/log-template.ts';
import { VARIABLES } from '../../src/observe/template-variables.ts';
import { privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

type Record = Partial<typeof sampleRecord>;

function valueOf(name: keyof typeof VARIABLES, record: Record = {}): string | null {
  return VARIABLES[name]({ ...sampleRecord, ...record }, privacyOf());
}

await t.test('each variable has the value that nginx gives it', async (t) => {
  const expected = {
    args: 'page=2', body_bytes_sent: '5120', host: 'app.example.com', is_args: '?', https: 'on', http2: '', msec: '1767323045.070', remote_addr: '203.0.113.7',
    remote_user: null, request: 'GET /api/orders/42?page=2 HTTP/1.1', request_method: 'GET', request_time: '0.003', request_uri: '/api/orders/42?page=2', scheme: 'https',
    server_port: '443', server_protocol: 'HTTP/1.1', ssl_protocol: 'TLSv1.3', status: '200', uri: '/api/orders/42', upstream_addr: 'api:8000', upstream_status: '200',
    upstream_connect_time: '0.000', upstream_header_time: '0.002', upstream_response_time: '0.003', route: 'app.example.com/api/*', error_code: null, trace_id: null,
  } as const;
  for (const [name, value] of Object.entries(expected)) t.equal(valueOf(name as keyof typeof expected), value, name);
});

await t.test('what is not there is told apart from what is empty', async (t) => {
  t.strictSame([valueOf('args', { query: '', url: '/' }), valueOf('is_args', { query: '' }), valueOf('request', { method: '' }), valueOf('upstream_status', { headMs: -1 })], [null, '', null, null]);
  for (const name of LOG_VARIABLES) t.doesNotThrow(() => valueOf(name, { method: '', url: '', path: '', query: '', host: '', protocol: '', head: { rawHeaders: [] }, totalMs: -1, status: 0 }), name);
  t.equal(valueOf('status', { status: 0 }), '000');
});

await t.test('times of the upstream count from the last attempt, and those of a line from its end', async (t) => {
  t.equal(valueOf('upstream_response_time', { attemptMs: 1000, responseMs: 2345.6 }), '1.345');
  t.equal(valueOf('request_time', { totalMs: 61_005.9 }), '61.005');
  t.equal(valueOf('http2', { protocol: 'HTTP/2' }), 'h2');
  t.equal(valueOf('request', { protocol: 'HTTP/2' }), 'GET /api/orders/42?page=2 HTTP/2.0');
  t.equal(valueOf('request_length', { method: 'GET', url: '/', head: { rawHeaders: ['Host', 'a'] }, bytesIn: 3 }), String('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.length + 3));
});
