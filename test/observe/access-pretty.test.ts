import t from 'tap';
import { accessPretty } from '../../src/observe/access-pretty.ts';
import { terminalStyle } from '../../src/observe/terminal-style.ts';
import { privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

const startedAtMs = new Date(2026, 0, 2, 12, 3, 4).getTime();
const plain = terminalStyle(false);

function line(changes: Partial<typeof sampleRecord>): string {
  return accessPretty({ ...sampleRecord, startedAtMs, ...changes }, plain, privacyOf());
}

await t.test('a request is one aligned line that says where it went', async (t) => {
  t.equal(line({}), '12:03:04 GET  200   3.2ms https://app.example.com/api/orders/42?page=2 → api api:8000\n');
  t.equal(line({ method: 'POST', query: '', attempts: 2, totalMs: 320.4 }), '12:03:04 POST 200   320ms https://app.example.com/api/orders/42 → api api:8000 (2 tries)\n');
  t.match(line({ status: 101, upgrade: 'websocket' }), /42\?page=2 \(websocket\) → api/);
  t.notMatch(line({ upstream: '', target: '' }), /→/, 'what was not forwarded went nowhere');
});

await t.test('a failure has its code and reason', async (t) => {
  t.match(line({ status: 502, errorCode: 'upstream_reset', errorDetail: 'closed early' }), / api:8000 upstream_reset: closed early\n$/);
  t.match(line({ status: 404, errorCode: 'no_route', upstream: '' }), / no_route\n$/);
});

await t.test('a duration has the digits an eye compares', async (t) => {
  const durations = [-1, 0, 99.94, 100, 999.4, 1500, 99_900, 320_000].map((totalMs) => line({ totalMs }).slice(18, 25).trim());
  t.strictSame(durations, ['-', '0.0ms', '99.9ms', '100ms', '999ms', '1.5s', '99.9s', '5m20s']);
});

await t.test('the colour of the status tells its class', async (t) => {
  const style = terminalStyle(true);
  for (const [status, code] of [[200, 32], [301, 36], [404, 33], [502, 31]] as const) {
    t.match(accessPretty({ ...sampleRecord, status }, style, privacyOf()), `\u001b[${code}m${status}\u001b[0m`);
  }
});

await t.test('threat: control characters of a request do not reach the terminal, secrets neither', async (t) => {
  const attack = '\r\n\u001b[2J\u009b31m\u202e';
  const text = line({ method: attack, host: attack, path: attack, target: attack, upstream: attack, upgrade: attack, errorCode: 'x', errorDetail: attack, query: '?token=hunter2' });
  t.equal(text.search(/[\p{Cc}\u202e]/u), text.length - 1);
  t.notMatch(text, /hunter2/);
});
