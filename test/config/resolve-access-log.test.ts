import path from 'node:path';
import t from 'tap';
import { COMBINED_TEMPLATE } from '../../src/config/log-template.ts';
import { checkBroken, configOf } from '../helpers/config-text.ts';

const GB = 1024 ** 3;
const MB = 1024 ** 2;

await t.test('an option that says nothing has the documented defaults', async (t) => {
  const { fields, ...rest } = configOf('').accessLog;
  t.equal(fields[0], 'time');
  t.strictSame(rest, {
    format: 'auto', template: '', escape: 'nginx', headers: [], to: { kind: 'stdout' }, bufferBytesMax: 4 * MB,
    mask: { email: false, phone: false, card: false, patterns: [], address: 'keep', key: null, query: [], headers: [] },
  });
});

await t.test('formats have a short form, and combined is a template', async (t) => {
  t.equal(configOf('accessLog: json').accessLog.format, 'json');
  t.match(configOf('accessLog: combined').accessLog, { format: 'template', template: COMBINED_TEMPLATE });
  t.match(configOf("accessLog: { template: '$status', escape: json }").accessLog, { format: 'template', template: '$status', escape: 'json' });
  t.match(configOf('accessLog: { fields: [status, time, status], headers: [X-Tenant, x-tenant] }').accessLog, { format: 'auto', fields: ['status', 'time'], headers: ['x-tenant'] });
});

await t.test('a file is rotated unless it is said not to be, and has a bound in all', async (t) => {
  const file = path.resolve('access.log');
  t.strictSame(configOf('accessLog: { to: { file: ./access.log } }').accessLog.to, { kind: 'file', file, rotate: { sizeBytes: 100 * MB, everyMs: 0, keep: 10, totalBytes: 1100 * MB } });
  t.strictSame(configOf('accessLog: { to: { file: /var/log/a.log, rotate: { size: 10MB, every: 1d, keep: 3, total: 1GB } } }').accessLog.to, {
    kind: 'file', file: '/var/log/a.log', rotate: { sizeBytes: 10 * MB, everyMs: 86_400_000, keep: 3, totalBytes: GB },
  });
  t.match(configOf('accessLog: { to: { file: a.log, rotate: off } }').accessLog.to, { rotate: null });
});

await t.test('syslog has a facility by its number', async (t) => {
  t.strictSame(configOf('accessLog: { to: { syslog: "udp://log:514" } }').accessLog.to, { kind: 'syslog', address: { transport: 'udp', host: 'log', port: 514 }, facility: 23, app: 'sluice' });
  t.match(configOf('accessLog: { to: { syslog: "unix:/dev/log", facility: daemon, app: edge } }').accessLog.to, { facility: 3, app: 'edge' });
});

await t.test('masks are plain data', async (t) => {
  const { mask } = configOf("accessLog: { mask: { email: true, address: hash, key: 0123456789abcdef, query: [Name], patterns: { employee: 'E[0-9]+' } } }").accessLog;
  t.strictSame(mask, { email: true, phone: false, card: false, patterns: [{ name: 'employee', pattern: 'E[0-9]+' }], address: 'hash', key: '0123456789abcdef', query: ['name'], headers: [] });
});

await t.test('a route, or defaults, says which of its requests are written', async (t) => {
  const { routes } = configOf('defaults: { accessLog: errors }\nroutes: [{ path: /a, respond: {} }, { path: /b, respond: {}, accessLog: true }, { path: /c, respond: {}, accessLog: false }, { path: /d, respond: {}, accessLog: { sample: 10%, slow: 1s } }]');
  t.strictSame(routes.map(({ accessLog }) => accessLog), [
    { errors: true, below: 0, slowMs: 0 }, { errors: true, below: 2 ** 32, slowMs: 0 }, { errors: false, below: 0, slowMs: 0 }, { errors: true, below: 429_496_730, slowMs: 1000 },
  ]);
});

await t.test('what does not go together is said at its place', async (t) => {
  checkBroken(t, [
    ['accessLog: { »format: json, template: "$status" }', 'exclude each other'],
    ['accessLog: { format: combined, »fields: [time] }', 'those of JSON'],
    ['accessLog: { template: "$status", »headers: [x-a] }', 'those of JSON', '$http_NAME'],
    ['accessLog: { »escape: json }', 'without `template`'],
    ['accessLog: { to: »{ app: x } }', '`file` or `syslog` is missing'],
    ['accessLog: { to: { »file: a, syslog: "udp://a" } }', 'exclude each other'],
    ['accessLog: { to: { »rotate: off, syslog: "udp://a" } }', 'is for a `file`'],
    ['accessLog: { to: { file: a, »facility: daemon } }', 'is for `syslog`'],
    ['accessLog: { to: { file: a, »app: x } }', 'is for `syslog`'],
    ['accessLog: { to: { file: a, rotate: { »total: 150MB } } }', 'no room', 'which is 100MB'],
    ['accessLog: { to: { file: a, rotate: { »size: 1KB } } }', 'few lines'],
    ['accessLog: { mask: { »key: 0123456789abcdef } }', '`address: hash`'],
  ]);
});
