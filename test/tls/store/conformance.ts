import { createPrivateKey } from 'node:crypto';
import type { Test } from 'tap';
import type { CertificateStore, StoredCertificate, StoredChallenge } from '../../../src/tls/store/certificate-store.ts';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import type { TlsLogger } from '../../../src/tls/material.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { eventually } from '../../helpers/wait-for.ts';

export const DIRECTORY = 'https://ca.test:14000/dir';
const OTHER_DIRECTORY = 'https://ca.test:14000/other/dir';

/** Keeps what is said, fields and all. */
export class StoreLogger implements TlsLogger {
  readonly lines: string[] = [];

  info(message: string, fields: object = {}): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
  }

  warn(message: string, fields: object = {}): void {
    this.info(message, fields);
  }
}

export type EntryKind = 'certificate' | 'account-key' | 'account-url';

/** One store, and what a test needs beside its interface. */
export interface StoreBench {
  readonly clock: ManualClock;
  readonly logger: StoreLogger;
  /** One more gateway on it; closed at teardown. */
  readonly open: () => Promise<CertificateStore>;
  /** Time goes by for locks and challenges. */
  readonly pass: (ms: number) => Promise<void>;
  /** Puts a text in the place of an entry, past the store; null: reads it only. Gives what was there. */
  readonly exchange: (kind: EntryKind, id: string, text: string | null) => Promise<string>;
  /** Texts of all that was set aside. */
  readonly setAside: () => Promise<string[]>;
}

const ca = await makeCa();
/** Made once: the time of this suite is that of its keys. */
const pairs = await Promise.all(['one.test', 'two.test', 'three.test'].map(async (name) => makePair(ca, [name])));
const strangeKey = newKey();

/** A certificate of the given names; `index` chooses among three pairs of certificate and key, whose own names no store looks at. */
export function certificateFor(names: readonly string[], index = 0): StoredCertificate {
  const pair = pairs[index];
  if (pair === undefined) throw new Error('no such pair');
  return { id: names.toSorted().join(','), names, ...pair, directory: DIRECTORY, staging: false, issuedAtMs: 1_767_225_600_000 + index };
}

const challenge: StoredChallenge = { host: 'app.test', type: 'http-01', token: 'tOkEn-_1', keyAuthorization: 'tOkEn-_1.thumb' };
const alpn: StoredChallenge = { host: 'app.test', type: 'tls-alpn-01', token: '', keyAuthorization: 'x.thumb' };

/** What every store must do. `start` gives an empty one. */
export async function storeConformance(t: Test, start: (t: Test) => Promise<StoreBench>): Promise<void> {
  const rule = (name: string, check: (t: Test, bench: StoreBench) => Promise<void>): Promise<unknown> =>
    t.test(name, async (t) => {
      const bench = await start(t);
      await check(t, bench);
      t.notMatch(bench.logger.lines.join('\n'), /PRIVATE KEY/, 'no key is in the log');
    });

  await certificateRules(rule);
  await damageRules(rule);
  await accountRules(rule);
  await challengeRules(rule);
  await lockRules(rule);
  await watchRules(rule);
}

type Rule = (name: string, check: (t: Test, bench: StoreBench) => Promise<void>) => Promise<unknown>;

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function sorted(challenges: readonly StoredChallenge[]): string[] {
  return challenges.map(({ type, keyAuthorization }) => `${type} ${keyAuthorization}`).toSorted();
}

async function certificateRules(rule: Rule): Promise<void> {
  await rule('an empty store has nothing, and says so without a fuss', async (t, bench) => {
    const store = await bench.open();
    t.equal(await store.load('app.test'), null);
    t.strictSame(await store.list(), []);
    t.equal(await store.accountUrl(DIRECTORY), null);
    t.strictSame(await store.challenges(), []);
    t.strictSame(bench.logger.lines, []);
  });

  await rule('what one gateway saved, another loads, and lists in the order of ids', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    const second = certificateFor(['b.test']);
    const first = { ...certificateFor(['a.test', 'www.a.test'], 1), staging: true };
    await one.save(second);
    await one.save(first);
    t.strictSame(await other.load('a.test,www.a.test'), first);
    t.strictSame(await other.load('b.test'), second);
    t.strictSame(await other.list(), [first, second]);
    t.equal(await other.load('a.test'), null, 'an id is the whole list of names');
  });

  await rule('a renewed certificate takes the place of the old one', async (t, bench) => {
    const store = await bench.open();
    await store.save(certificateFor(['a.test'], 0));
    await store.save(certificateFor(['a.test'], 1));
    t.strictSame(await store.list(), [certificateFor(['a.test'], 1)]);
    t.strictSame(await bench.setAside(), []);
  });

  await rule('PEM is given back trimmed, whatever stands around it', async (t, bench) => {
    const store = await bench.open();
    const good = certificateFor(['a.test']);
    await store.save({ ...good, cert: `\r\n${good.cert}\n\n${good.cert.trim()}`, key: `\n${good.key.trim()}` });
    t.strictSame(await store.load('a.test'), { ...good, cert: `${good.cert}\n\n${good.cert}` });
  });

  await rule('what would be damaged is not saved, and the good one stays', async (t, bench) => {
    const store = await bench.open();
    const good = certificateFor(['a.test']);
    await store.save(good);
    const cases: readonly (readonly [wrong: Partial<StoredCertificate>, message: RegExp])[] = [
      [{ key: strangeKey }, /has a key that does not belong to its certificate/],
      [{ key: 'garbage' }, /private key that cannot be read/],
      [{ key: '' }, /fields of a certificate/],
      [{ cert: '' }, /fields of a certificate/],
      [{ cert: 'garbage' }, /not PEM certificates alone/],
      [{ cert: good.cert.slice(0, 300) }, /not PEM certificates alone/],
      [{ cert: good.cert.replace(/^MII/m, 'AAA') }, /certificate that cannot be read/],
      [{ cert: `${good.cert}${good.key}` }, /not PEM certificates alone/],
      [{ names: [] }, /fields of a certificate/],
      [{ directory: 'ca' }, /fields of a certificate/],
      [{ issuedAtMs: Number.NaN }, /fields of a certificate/],
      [{ cert: good.cert.repeat(2000) }, /1 MiB|fields of a certificate/],
    ];
    for (const [wrong, message] of cases) {
      const error: unknown = await store.save({ ...good, ...wrong }).catch((thrown: unknown) => thrown);
      t.match(error, { name: 'StoreError', message }, String(message));
      t.notMatch(String(error), /PRIVATE|MII/, 'nothing of it is in the error');
    }
    await t.rejects(store.save({ ...good, id: '' }), { name: 'StoreError' });
    t.strictSame(await store.list(), [good]);
  });

  await rule('names of any kind are kept apart, and lead nowhere else', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    const label = 'x'.repeat(60);
    const long = Array.from({ length: 100 }, (_, number) => `${label}.${label}.${label}.n${String(number).padStart(3, '0')}.test`);
    const ids = ['*.a.test', '_.a.test', 'a.test', 'A.test', 'a_test', 'a.test,b.test', 'bücher.test', 'xn--bcher-kva.test', '..', '.', '../a.test', '/etc/x', 'a\0b', 'a b', '::1', 'a.test.pem'];
    const saved = [...ids.map((id) => certificateFor([id])), certificateFor(long), certificateFor(long.slice(1))];
    for (const certificate of saved) await one.save(certificate);
    for (const certificate of saved) t.strictSame(await other.load(certificate.id), certificate, JSON.stringify(certificate.id.slice(0, 40)));
    t.strictSame((await other.list()).map(({ id }) => id), saved.map(({ id }) => id).toSorted());
  });

  await rule('of saves at once one wins, whole', async (t, bench) => {
    const stores = [await bench.open(), await bench.open(), await bench.open()];
    const reader = await bench.open();
    for (let round = 0; round < 5; round++) {
      const saves = stores.map(async (store, index) => store.save(certificateFor(['a.test'], index)));
      const seen = (await Promise.all([reader.load('a.test'), ...saves, reader.load('a.test')])).filter((entry) => entry);
      seen.push(await reader.load('a.test'));
      for (const entry of seen) t.ok([0, 1, 2].some((index) => JSON.stringify(entry) === JSON.stringify(certificateFor(['a.test'], index))));
    }
    t.strictSame(await bench.setAside(), [], 'nobody ever saw a half of it');
  });
}

async function damageRules(rule: Rule): Promise<void> {
  await rule('a damaged certificate is reported, set aside and null; the others go on', async (t, bench) => {
    const store = await bench.open();
    await store.save(certificateFor(['a.test']));
    await store.save(certificateFor(['other.test'], 1));
    const good = await bench.exchange('certificate', 'a.test', null);
    const foreign = await bench.exchange('certificate', 'other.test', null);
    const key = certificateFor(['a.test']).key;
    const isJson = good.startsWith('{');
    const swapped = isJson ? good.replace(inJson(key), inJson(strangeKey)) : good.replace(key, strangeKey);
    const damages = ['', ' \n', 'garbage', good.slice(0, good.length / 2), good.slice(0, -30), good.slice(30), swapped, foreign, good.replace(/MII/, 'AAA'), 'x'.repeat(1_100_000)];
    for (const [index, text] of damages.entries()) {
      const lines = bench.logger.lines.length;
      await bench.exchange('certificate', 'a.test', text);
      const read = index % 2 === 0 ? await store.load('a.test') : (await store.list()).find(({ id }) => id === 'a.test');
      t.notOk(read, `damage ${index}`);
      t.match(bench.logger.lines.slice(lines), [/damaged; it was set aside .*"reason":"/], 'is reported once');
      t.strictSame((await store.list()).map(({ id }) => id), ['other.test']);
    }
    t.strictSame((await bench.setAside()).toSorted(), damages.toSorted(), 'all that was there is still there');
    await store.save(certificateFor(['a.test'], 2));
    t.strictSame(await store.load('a.test'), certificateFor(['a.test'], 2), 'and the place is free');
  });

  await rule('a save sets aside what is damaged before it takes the place', async (t, bench) => {
    const store = await bench.open();
    await store.save(certificateFor(['a.test']));
    await bench.exchange('certificate', 'a.test', 'precious');
    await store.save(certificateFor(['a.test'], 1));
    t.strictSame(await bench.setAside(), ['precious']);
    t.strictSame(await store.load('a.test'), certificateFor(['a.test'], 1));
  });

  await rule('gateways that find the same damage set it aside once, and never what is new', async (t, bench) => {
    const stores = await Promise.all(Array.from({ length: 4 }, async () => bench.open()));
    const [first] = stores;
    await first?.save(certificateFor(['a.test']));
    for (let round = 0; round < 5; round++) {
      await bench.exchange('certificate', 'a.test', `damage ${round}`);
      await Promise.all(stores.map(async (store) => {
        await store.load('a.test');
        await store.save(certificateFor(['a.test'], 1));
      }));
      t.strictSame(await first?.load('a.test'), certificateFor(['a.test'], 1));
    }
    t.strictSame((await bench.setAside()).toSorted(), Array.from({ length: 5 }, (_, round) => `damage ${round}`));
  });
}

async function accountRules(rule: Rule): Promise<void> {
  await rule('an account key is made once for all gateways and one CA', async (t, bench) => {
    const stores = await Promise.all(Array.from({ length: 5 }, async () => bench.open()));
    const keys = await Promise.all(stores.map(async (store) => store.accountKey(DIRECTORY, async () => newKey())));
    t.equal(new Set(keys).size, 1);
    t.ok(createPrivateKey(keys[0] ?? ''));
    const later = await bench.open();
    t.equal(await later.accountKey(DIRECTORY, async () => { throw new Error('is there already'); }), keys[0]);
    t.not(await later.accountKey(OTHER_DIRECTORY, async () => newKey()), keys[0]);
    t.strictSame(bench.logger.lines, []);
  });

  await rule('what is no key does not become the account key', async (t, bench) => {
    const store = await bench.open();
    await t.rejects(store.accountKey(DIRECTORY, async () => 'garbage'), { name: 'StoreError', message: /the new account key is not a private key/ });
    await t.rejects(store.accountKey(DIRECTORY, async () => { throw new Error('no entropy'); }), { message: 'no entropy' });
    const key = newKey();
    t.equal(await store.accountKey(DIRECTORY, async () => key), key);
  });

  await rule('the URL of an account is kept for its CA, until its key is made anew', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    const key = await one.accountKey(DIRECTORY, async () => newKey());
    await one.saveAccountUrl(DIRECTORY, 'https://ca.test:14000/account/1');
    t.equal(await other.accountUrl(DIRECTORY), 'https://ca.test:14000/account/1');
    t.equal(await other.accountUrl(OTHER_DIRECTORY), null);
    await t.rejects(one.saveAccountUrl(DIRECTORY, 'no url'), { name: 'StoreError' });
    t.equal(await other.accountUrl(DIRECTORY), 'https://ca.test:14000/account/1');

    await bench.exchange('account-key', DIRECTORY, key.slice(0, 80));
    const fresh = await other.accountKey(DIRECTORY, async () => newKey());
    t.not(fresh, key);
    t.equal(await one.accountKey(DIRECTORY, async () => newKey()), fresh);
    t.equal(await one.accountUrl(DIRECTORY), null, 'the URL belonged to the key that is gone');
    t.strictSame(await bench.setAside(), [key.slice(0, 80)]);
    t.match(bench.logger.lines, [/set aside .*is not a private key/]);
  });

  await rule('a damaged URL of an account is set aside and asked for again', async (t, bench) => {
    const store = await bench.open();
    await store.saveAccountUrl(DIRECTORY, 'https://ca.test:14000/account/1');
    await bench.exchange('account-url', DIRECTORY, 'garbage');
    t.equal(await store.accountUrl(DIRECTORY), null);
    t.strictSame(await bench.setAside(), ['garbage']);
  });
}

async function challengeRules(rule: Rule): Promise<void> {
  await rule('a challenge that one gateway opens is seen by the others, until it is removed', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    await one.putChallenge(challenge, 60_000);
    t.strictSame(await other.challenges(), [challenge]);
    await one.putChallenge(alpn, 60_000);
    await one.putChallenge(challenge, 60_000);
    t.strictSame(sorted(await other.challenges()), sorted([challenge, alpn]), 'the same twice is one');
    await other.removeChallenge(challenge);
    t.strictSame(await one.challenges(), [alpn]);
    await one.removeChallenge(challenge);
    t.strictSame(await one.challenges(), [alpn], 'to remove what is gone is no error');
  });

  await rule('a challenge ends by itself after its time, the others stay', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    await one.putChallenge(alpn, 60_000);
    await one.putChallenge(challenge, 500);
    t.equal((await other.challenges()).length, 2);
    await bench.pass(520);
    t.strictSame(await other.challenges(), [alpn]);
  });

  await rule('what cannot be a challenge is not stored', async (t, bench) => {
    const store = await bench.open();
    await t.rejects(store.putChallenge({ ...challenge, host: '' }, 1000), { name: 'StoreError' });
    await t.rejects(store.putChallenge({ ...challenge, token: 'x'.repeat(600) }, 1000), { name: 'StoreError' });
    t.strictSame(await store.challenges(), []);
  });
}

async function lockRules(rule: Rule): Promise<void> {
  await rule('of gateways that race for a lock one holds it; another name is another lock', async (t, bench) => {
    const stores = await Promise.all(Array.from({ length: 4 }, async () => bench.open()));
    for (let round = 0; round < 5; round++) {
      const locks = await Promise.all([...stores, ...stores].map(async (store) => store.lock('*.a.test', 60_000)));
      const held = locks.filter((lock) => lock !== null);
      t.equal(held.length, 1);
      await held[0]?.release();
    }
    const [one, other] = stores;
    t.ok(await one?.lock('a.test', 60_000));
    t.ok(await other?.lock('b.test', 60_000));
    t.equal(await other?.lock('a.test', 60_000), null);
  });

  await rule('a lock is lost after its time, and then belongs to the next one alone', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    const first = await one.lock('a.test', 500);
    t.ok(first);
    t.equal(await other.lock('a.test', 60_000), null);
    await bench.pass(520);
    const takers = await Promise.all([other, one, other, one].map(async (store) => store.lock('a.test', 60_000)));
    t.equal(takers.filter((lock) => lock !== null).length, 1, 'who finds it over races for it');
    t.equal(await first?.extend(60_000), false);
    await first?.release();
    t.equal(await one.lock('a.test', 60_000), null, 'who has lost it cannot release it');
    await takers.find((lock) => lock !== null)?.release();
    t.ok(await one.lock('a.test', 60_000));
  });

  await rule('a lock that is extended goes on; one that is over cannot be', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    const lock = await one.lock('a.test', 500);
    t.equal(await lock?.extend(60_000), true);
    await bench.pass(520);
    t.equal(await other.lock('a.test', 60_000), null);
    t.equal(await lock?.extend(1), true);
    await bench.pass(20);
    t.equal(await lock?.extend(60_000), false, 'even where nobody has taken it');
    t.ok(await other.lock('a.test', 60_000));
  });
}

async function watchRules(rule: Rule): Promise<void> {
  await rule('a gateway is told of what another saves or opens, until it stops listening', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    let told = 0;
    const stop = other.watch(() => { told++; });
    // The first call may come without a reason, so the steps begin after a rest.
    const toldAfter = async (change: () => Promise<void>): Promise<void> => {
      const before = told;
      await change();
      await eventually(() => { bench.clock.advance(200); return told > before; }, 5000);
    };
    await toldAfter(async () => one.save(certificateFor(['a.test'])));
    await toldAfter(async () => one.putChallenge(challenge, 60_000));
    await toldAfter(async () => one.removeChallenge(challenge));
    stop();
    const before = told;
    await one.save(certificateFor(['b.test']));
    bench.clock.advance(120_000);
    t.equal(told, before);
  });

  await rule('many changes are told a few times; what the listener throws is logged', async (t, bench) => {
    const [one, other] = [await bench.open(), await bench.open()];
    let told = 0;
    other.watch(() => { told++; throw new Error('listener'); });
    await Promise.all(Array.from({ length: 20 }, async (_, number) => one.save(certificateFor([`n${number}.test`]))));
    await eventually(() => { bench.clock.advance(200); return told > 0; }, 5000);
    t.match(bench.logger.lines, [/change of the certificate store could not be taken up/]);
    await other.close();
    bench.clock.advance(120_000);
    t.equal(bench.clock.tickers, 0, 'a closed store leaves nothing behind');
  });
}
