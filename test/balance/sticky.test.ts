import t from 'tap';
import type { Candidate } from '../../src/balance/member.ts';
import type { Balancer, EligibleList, PickQuestion } from '../../src/balance/balancer.ts';
import type { BalanceConfig } from '../../src/config/upstream-config.ts';
import { Breaker, Mode, SlotField } from '../../src/lib/slots.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';
import { conforms } from './conformance.ts';
import { at, equalCandidates, listOf, SECRET, startBalancer } from './sample-candidates.ts';

type StickyConfig = Extract<BalanceConfig, { readonly kind: 'sticky' }>;

const CONFIG: StickyConfig = { kind: 'sticky', cookie: 'sluice', secret: null, ttlMs: 86_400_000, over: 'round-robin' };

/** A request with this Cookie header; null: with none. */
function asked(cookie: string | null, request: SampleRequest = {}): PickQuestion<Candidate> {
  const headers = cookie === null ? [] : ['Cookie', cookie];
  return { exchange: sampleExchange({ ...request, headers }).exchange, tried: [] };
}

function start(options: Partial<StickyConfig> = {}): Balancer<Candidate> {
  return startBalancer({ ...CONFIG, ...options }).balancer;
}

/** `name=value` as a client of this member would send it. */
function cookieOf(balancer: Balancer<Candidate>, member: Candidate): string {
  const [, line = ''] = balancer.headersFor?.(member, asked(null)) ?? [];
  return line.slice(0, line.indexOf(';'));
}

/** Where twelve requests with this cookie go. */
function placesOf(balancer: Balancer<Candidate>, list: EligibleList<Candidate>, cookie: string | null): Set<Candidate | null> {
  return new Set(Array.from({ length: 12 }, () => balancer.pick(list, asked(cookie))));
}

await t.test('as every balancer, for clients without a cookie', async (t) => conforms(t, CONFIG, true));

await t.test('a client stays where it was first sent', async (t) => {
  const all = equalCandidates(4);
  const balancer = start();
  for (const member of all) {
    const cookie = cookieOf(balancer, member);
    t.strictSame(placesOf(balancer, listOf(all), `a=b; ${cookie}; c=d`), new Set([member]));
    t.equal(balancer.isBound?.(member, asked(cookie)), true);
    t.equal(balancer.headersFor?.(member, asked(cookie)), null, 'and needs no new cookie');
  }
});

await t.test('the cookie is for this site alone, out of reach of scripts, and over TLS only where it came that way', async (t) => {
  const [member] = equalCandidates(1);
  if (member === undefined) throw new Error('there is one');
  const header = (request: SampleRequest, options: Partial<StickyConfig> = {}): readonly string[] =>
    start(options).headersFor?.(member, asked(null, request)) ?? [];
  t.match(header({}), ['Set-Cookie', /^sluice=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400$/]);
  t.match(header({ secure: true }), ['Set-Cookie', /^sluice=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure$/]);
  t.match(header({}, { cookie: 'node', ttlMs: 0 }), ['Set-Cookie', /^node=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/]);
  t.match(header({}, { ttlMs: 1 }), ['Set-Cookie', /Max-Age=1$/], 'never 0, which would delete it');
});

await t.test('the cookie tells no address and depends on the secret, the configured one before the derived', async (t) => {
  const all = equalCandidates(2);
  const member = at(all, 0);
  const cookie = cookieOf(start(), member);
  t.notMatch(cookie, member.key);
  t.notMatch(Buffer.from(cookie.slice('sluice='.length), 'base64url').toString('latin1'), /10\.0/);
  t.not(cookie, cookieOf(start(), at(all, 1)));
  t.equal(cookieOf(start({ secret: SECRET.toString() }), member), cookie, 'the same secret, the same cookie, in every worker');
  t.not(cookieOf(start({ secret: 'another secret, as long' }), member), cookie);
});

await t.test('a forged, foreign or broken cookie is a new choice and a new cookie', async (t) => {
  const all = equalCandidates(3);
  const balancer = start();
  const good = cookieOf(balancer, at(all, 0));
  const last = good.endsWith('A') ? 'Q' : 'A';
  const foreign = cookieOf(start({ secret: 'the secret of somebody else' }), at(all, 0));
  for (const cookie of ['sluice=', 'sluice', `${good}x`, good.slice(0, -1) + last, foreign, good.replace('sluice', 'SLUICE'), 'sluice=10.0.0.1:8000', 'sluice=__proto__']) {
    t.equal(placesOf(balancer, listOf(all), cookie).size, 3, cookie);
    t.not(balancer.headersFor?.(at(all, 0), asked(cookie)), null);
  }
});

await t.test('while a member drains, its own clients are still served and no others', async (t) => {
  const all = equalCandidates(3);
  const balancer = start();
  const draining = at(all, 0);
  draining.slot.store(SlotField.Mode, Mode.Drain);
  const list = listOf(all, all.slice(1));
  t.strictSame(placesOf(balancer, list, cookieOf(balancer, draining)), new Set([draining]));
  t.strictSame(placesOf(balancer, list, null), new Set(all.slice(1)));
  t.strictSame(placesOf(balancer, listOf(all, []), cookieOf(balancer, draining)), new Set([draining]), 'be everybody else away');
});

await t.test('a backup goes on serving the clients it was given while the others were away', async (t) => {
  const all = equalCandidates(3);
  const balancer = start();
  t.strictSame(placesOf(balancer, listOf(all, all.slice(0, 2)), cookieOf(balancer, at(all, 2))), new Set([all[2]]));
});

await t.test('who is down, unwell, out, behind an open breaker or tried loses its clients', async (t) => {
  const faults: readonly (readonly [field: number, value: number])[] = [
    [SlotField.Mode, Mode.Down], [SlotField.Unhealthy, 1], [SlotField.EjectedUntil, 99], [SlotField.Breaker, Breaker.Open],
  ];
  const all = equalCandidates(3);
  const balancer = start();
  const own = at(all, 0);
  const cookie = cookieOf(balancer, own);
  for (const [field, value] of faults) {
    own.slot.store(field, value);
    t.strictSame(placesOf(balancer, listOf(all, all.slice(1)), cookie), new Set(all.slice(1)));
    own.slot.store(field, 0);
  }
  const question = { ...asked(cookie), tried: [own] };
  const second = balancer.pick(listOf(all), question);
  t.ok(second !== null && second !== own);
  t.match(balancer.headersFor?.(at(all, 1), question), ['Set-Cookie', /^sluice=/]);
});

await t.test('where health is ignored, because too few are well, clients stay where they are', async (t) => {
  const all = equalCandidates(3);
  const balancer = start();
  at(all, 0).slot.store(SlotField.Unhealthy, 1);
  t.strictSame(placesOf(balancer, listOf(all), cookieOf(balancer, at(all, 0))), new Set([all[0]]));
});

await t.test('a cookie outlives a list with other members, and is forgotten with its own', async (t) => {
  const all = equalCandidates(4);
  const balancer = start();
  const cookie = cookieOf(balancer, at(all, 1));
  t.strictSame(placesOf(balancer, listOf(all.slice(0, 2)), cookie), new Set([all[1]]));
  t.strictSame(placesOf(balancer, listOf(all), cookie), new Set([all[1]]));
  t.strictSame(placesOf(balancer, listOf(all.toSpliced(1, 1)), cookie), new Set(all.toSpliced(1, 1)));
  t.strictSame(placesOf(balancer, listOf(equalCandidates(4)), cookie).size, 1, 'another object with the same key is the same member');
});
