import t from 'tap';
import { COMBINED_TEMPLATE } from '../../src/config/log-template.ts';
import { createAccessTemplate } from '../../src/observe/access-template.ts';
import { privacyOf, FULL_MASK } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

const PIPE_BUF = 4096;

function lineOf(template: string, record: Partial<typeof sampleRecord> = {}, escape: 'nginx' | 'json' = 'nginx'): string {
  return createAccessTemplate({ template, escape, privacy: privacyOf() })({ ...sampleRecord, ...record });
}

await t.test('combined is what nginx writes', async (t) => {
  t.match(lineOf(COMBINED_TEMPLATE), /^203\.0\.113\.7 - - \[0[123]\/Jan\/2026:\d\d:\d\d:05 [+-]\d{4}\] "GET \/api\/orders\/42\?page=2 HTTP\/1\.1" 200 5120 "https:\/\/app\.example\.com\/orders" "Mozilla\/5\.0 [^"]*"\n$/);
});

await t.test('text is copied, variables and their families are filled in, and what is missing is a hyphen', async (t) => {
  const record = { head: { rawHeaders: ['X-Tenant', 'a', 'User-Agent', ''] }, answerHeaders: ['Content-Type', 'text/plain'], query: '?page=2&name=jo' };
  t.equal(lineOf('[$status] "$http_x_tenant" $http_none $sent_http_content_type $arg_page ${status}x "$http_user_agent"', record), '[200] "a" - text/plain 2 200x ""\n');
  t.equal(lineOf('{"s":$status,"t":"$http_x_tenant","n":"$http_none"}', record, 'json'), '{"s":200,"t":"a","n":""}\n');
});

await t.test('threat: a header cannot forge a line, in either escape', async (t) => {
  const attack = '"\\\r\n203.0.113.9 - - "GET / HTTP/1.1" 200\u0000\u001b[2J\u007f\u0085é';
  const head = { rawHeaders: ['X-A', attack] };
  t.equal(lineOf('"$http_x_a"', { head }), '"\\x22\\x5C\\x0D\\x0A203.0.113.9 - - \\x22GET / HTTP/1.1\\x22 200\\x00\\x1B[2J\\x7F\\x85\\xE9"\n');
  t.equal((JSON.parse(lineOf('{"a":"$http_x_a"}', { head }, 'json')) as { a: string }).a, attack);
});

await t.test('threat: a line stays below what a pipe takes whole, whatever is in it', async (t) => {
  for (const unit of ['x', '"', '\u0001', 'é', '𝄞']) {
    const long = unit.repeat(5000);
    const record = { url: `/${long}`, path: `/${long}`, head: { rawHeaders: ['X-A', long, 'Referer', long, 'User-Agent', long] } };
    for (const template of [COMBINED_TEMPLATE, '$http_x_a'.repeat(60), `${'t'.repeat(5000)}$http_x_a`, `${'é'.repeat(5000)}$status`]) {
      for (const escape of ['nginx', 'json'] as const) {
        const line = lineOf(template, record, escape);
        t.ok(Buffer.byteLength(line) < PIPE_BUF && line.indexOf('\n') === line.length - 1 && line.isWellFormed());
      }
    }
  }
});

await t.test('masks hold in a template', async (t) => {
  const template = '$remote_addr $request $uri $args $http_referer $http_user_agent $remote_user $http_x_forwarded_for $error_reason';
  const personal = 'jo@example.com';
  const line = createAccessTemplate({ template, escape: 'nginx', privacy: privacyOf(FULL_MASK) })({
    ...sampleRecord, url: `/${personal}?q=${personal}&name=Jo`, path: `/${personal}`, query: `?q=${personal}&name=Jo`, identity: { kind: 'jwt', name: personal }, errorDetail: `${personal} 203.0.113.7`,
    head: { rawHeaders: ['Referer', `https://x.test/${personal}`, 'User-Agent', personal, 'X-Forwarded-For', '203.0.113.7'] },
  });
  t.notMatch(line, /jo@|113\.7|=Jo/);
});
