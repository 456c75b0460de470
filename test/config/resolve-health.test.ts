import t from 'tap';
import { checkBroken, faultsOf, loadText, upstreamOf, withUpstream } from '../helpers/config-text.ts';

await t.test('without options nothing is asked, and what fails is passed over as Envoy and nginx do', async (t) => {
  const { health, ejection, failsMax, failTimeoutMs, slowStartMs, panicShare } = upstreamOf('');
  t.equal(health, null);
  t.strictSame(ejection, { failures: 5, timeMs: 30_000, timeMaxMs: 300_000, shareMax: 0.1 });
  t.strictSame({ failsMax, failTimeoutMs, slowStartMs, panicShare }, { failsMax: 1, failTimeoutMs: 10_000, slowStartMs: 0, panicShare: 0 });
});

await t.test('a check that says only its path gets the documented defaults', async (t) => {
  t.strictSame(upstreamOf('health: { path: /health }').health, {
    kind: 'http', path: '/health', host: null, port: null, headers: [], statuses: [[200, 399]], body: null,
    everyMs: 10_000, timeoutMs: 2000, rise: 2, fall: 3,
  });
  t.match(upstreamOf('health: { tcp: true }').health, { kind: 'tcp', everyMs: 10_000 });
  t.equal(upstreamOf('health: off').health, null);
});

await t.test('each option of a check is read', async (t) => {
  const text = 'health: { path: "/h?x=1", every: 3s, timeout: 1s, rise: 1, fall: 9, status: [204, 300-301], body: "ok$", headers: { X-A: b }, host: "a.com:80", port: 81 }';
  t.strictSame(upstreamOf(text).health, {
    kind: 'http', path: '/h?x=1', host: 'a.com:80', port: 81, headers: [['X-A', 'b']], statuses: [[204, 204], [300, 301]], body: 'ok$',
    everyMs: 3000, timeoutMs: 1000, rise: 1, fall: 9,
  });
});

await t.test('a check is over before the next one, also where nobody says how long it may take', async (t) => {
  t.match(upstreamOf('health: { path: /, every: 500ms }').health, { everyMs: 500, timeoutMs: 500 });
});

await t.test('each option of passing over is read', async (t) => {
  t.strictSame(upstreamOf('eject: { failures: 1, time: 1s, timeMax: 2s, share: 100% }').ejection, { failures: 1, timeMs: 1000, timeMaxMs: 2000, shareMax: 1 });
  t.match(upstreamOf('eject: { time: 10m }').ejection, { timeMs: 600_000, timeMaxMs: 600_000 });
  t.match(upstreamOf('eject: off').ejection, { failures: 0 });
  t.match(upstreamOf('maxFails: 3, failTimeout: 1m, slowStart: 20s, panic: 50%'), { failsMax: 3, failTimeoutMs: 60_000, slowStartMs: 20_000, panicShare: 0.5 });
  t.match(upstreamOf('failTimeout: off'), { failsMax: 0, failTimeoutMs: 0 });
});

await t.test('what makes no sense together is an error at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('»health: { every: 5s }'), 'does not say what is checked', '`path: /health`', '`tcp: true`'],
    [withUpstream('»health: { tcp: false }'), 'does not say what is checked'],
    [withUpstream('health: { tcp: true, »path: /x }'), '`path` has no effect with `tcp: true`'],
    [withUpstream('health: { tcp: true, »body: x }'), '`body` has no effect'],
    [withUpstream('health: { path: /, every: 5s, timeout: »6s }'), 'longer than the time between two checks'],
    [withUpstream('health: { path: /, »port: 81 }', '["a:1", "unix:/x"]'), 'a unix socket has no port', 'upstream of its own'],
    [withUpstream('health: { path: /, headers: { X-A: a, »x-a: b } }'), 'given twice: case makes no difference'],
    [withUpstream('eject: { time: 10s, timeMax: »5s }'), '`timeMax` is shorter than `time`'],
    [withUpstream('maxFails: 0, »failTimeout: 5s'), '`failTimeout` has no effect with `maxFails: 0`'],
    [withUpstream('failTimeout: off, »maxFails: 5'), '`maxFails` has no effect with `failTimeout: off`'],
  ]);
});

await t.test('a socket named by a secret does not show in the message', async (t) => {
  const faults = faultsOf(() => loadText(withUpstream('health: { path: /, port: 81 }', '"${T}"'), { env: { T: 'unix:/secret' } }));
  t.equal(faults.length, 1);
  t.notMatch(JSON.stringify(faults), /secret/);
});
