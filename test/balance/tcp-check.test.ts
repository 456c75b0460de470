import t from 'tap';
import { CheckRuns, type CheckResult } from '../../src/balance/check-runs.ts';
import type { MemberSpec } from '../../src/balance/member.ts';
import { createTcpCheck } from '../../src/balance/tcp-check.ts';
import type { UpstreamTlsConfig } from '../../src/config/upstream-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { refusingPort, startScriptedTlsUpstream } from '../helpers/scripted-upstream.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { sampleUpstream } from './sample-upstream.ts';

const TLS: UpstreamTlsConfig = { verify: true, ca: null, serverName: null };

function memberAt(target: string): MemberSpec {
  const [member] = sampleUpstream('retry: {}', [target]).members;
  if (member === undefined) throw new Error('there is a member');
  return member;
}

async function run(member: MemberSpec, tls = TLS, port: number | null = null): Promise<CheckResult> {
  return new Promise((resolve) => {
    new CheckRuns(systemClock, 1).add(createTcpCheck(member, { tls, protocol: 'http1' }, port), 5000, resolve);
  });
}

await t.test('whoever accepts a connection is good, and it is closed at once', async (t) => {
  const upstream = await startRawUpstream(() => undefined);
  t.teardown(async () => upstream.close());
  t.strictSame(await run(memberAt(upstream.target)), { isGood: true, text: 'connected' });
  t.strictSame(await run(memberAt('127.0.0.1:1'), TLS, upstream.port), { isGood: true, text: 'connected' });
  await eventually(() => upstream.connections === 2 && upstream.open === 0);
});

await t.test('whoever refuses is not, and the reason is said', async (t) => {
  t.strictSame(await run(memberAt(`127.0.0.1:${await refusingPort()}`)), { isGood: false, text: 'connection refused' });
});

await t.test('a unix socket is a member like any other', async (t) => {
  const path = `${tempDir(t)}/app.sock`;
  t.strictSame(await run(memberAt(`unix:${path}`)), { isGood: false, text: 'no such socket' });
  const upstream = await startHttpUpstream(() => undefined, { path });
  t.teardown(async () => upstream.close());
  t.strictSame(await run(memberAt(`unix:${path}`)), { isGood: true, text: 'connected' });
});

await t.test('an https target must come through the handshake with a certificate that is right', async (t) => {
  const ca = await makeCa();
  const upstream = await startScriptedTlsUpstream(t, await makePair(ca, ['127.0.0.1']));
  const member = memberAt(`https://${upstream.target}`);
  t.strictSame(await run(member, { ...TLS, ca: ca.cert }), { isGood: true, text: 'connected' });
  t.match(await run(member), { isGood: false, text: /certificate|issuer/ });
  const plain = await startRawUpstream((socket) => socket.end('not TLS'));
  t.teardown(async () => plain.close());
  t.match(await run(memberAt(`https://${plain.target}`), { ...TLS, verify: false }), { isGood: false, text: /wrong version|SSL|packet/i });
});
