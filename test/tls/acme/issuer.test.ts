import t from 'tap';
import { AcmeError, type AcmeAuthority, type AcmeCa, type IssuedCertificate } from '../../../src/tls/acme/acme-types.ts';
import { ChallengeError } from '../../../src/tls/acme/challenge-error.ts';
import { Issuer } from '../../../src/tls/acme/issuer.ts';
import { RecordingResponder } from '../../helpers/acme-memory.ts';
import { RecordingLogger } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

const NAMES = ['b.test', 'a.test'];
const UNSEEN = new ChallengeError('ca', [{ host: 'a.test', type: 'http-01', error: new AcmeError('404', 'unauthorized', null) }]);

function caOf(name: string, stagingDirectory: string | null = null): AcmeCa {
  return { name, directory: `https://${name}/dir`, stagingDirectory, trust: null, eab: null, profile: null };
}

/** CAs whose next orders fail as planned, and that write down what is ordered where. */
class Plan {
  readonly orders: string[] = [];
  readonly failures = new Map<string, Error[]>();
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  made = 0;

  issuer(...cas: AcmeCa[]): Issuer {
    return new Issuer(cas, { authorityOf: (ca) => this.#authorityOf(ca), responder: new RecordingResponder(), clock: this.clock, logger: this.logger });
  }

  fail(directory: string, ...errors: Error[]): void {
    this.failures.set(directory, errors);
  }

  #authorityOf(ca: AcmeCa): AcmeAuthority {
    this.made += 1;
    return {
      ca,
      order: async (_names, _responder, replaces): Promise<IssuedCertificate> => {
        this.orders.push(replaces === null ? ca.name : `${ca.name} after ${replaces}`);
        const failure = this.failures.get(ca.directory)?.shift();
        if (failure !== undefined) throw failure;
        return { cert: `cert of ${ca.name}`, key: 'key' };
      },
      renewalWindow: async () => null,
    };
  }
}

await t.test('the first CA that gives a certificate is the one, and each is opened once', async (t) => {
  const plan = new Plan();
  const issuer = plan.issuer(caOf('one'), caOf('two'));
  t.match(await issuer.issue(NAMES, null), { certificate: { cert: 'cert of one' }, ca: { name: 'one' }, staging: false });
  await issuer.issue(NAMES, null);
  t.strictSame(plan.orders, ['one', 'one']);
  t.equal(issuer.authority('https://one/dir')?.ca.name, 'one');
  t.equal(issuer.authority('https://elsewhere/dir'), null);
  t.equal(plan.made, 1);
});

await t.test('trouble of the CA moves on to the next', async (t) => {
  for (const type of ['network', 'timeout', 'serverInternal', 'rateLimited', 'externalAccountRequired', 'unauthorized', 'rejectedIdentifier', '']) {
    const plan = new Plan();
    plan.fail('https://one/dir', new AcmeError('one: no', type, null));
    t.equal((await plan.issuer(caOf('one'), caOf('two')).issue(NAMES, null)).ca.name, 'two', type);
    t.equal(plan.logger.warnings.length, 1);
  }
});

await t.test('a proof that was not seen stops: the next CA would look in the same place', async (t) => {
  const plan = new Plan();
  plan.fail('https://one/dir', UNSEEN);
  await t.rejects(plan.issuer(caOf('one'), caOf('two')).issue(NAMES, null), UNSEEN);
  t.strictSame(plan.orders, ['one']);
  const caa = new Plan();
  caa.fail('https://one/dir', new ChallengeError('one', [{ host: 'a.test', type: 'http-01', error: new AcmeError('CAA', 'caa', null) }]));
  t.equal((await caa.issuer(caOf('one'), caOf('two')).issue(NAMES, null)).ca.name, 'two', 'CAA may allow the next one');
});

await t.test('where all fail the error names each, and the soonest time to come back', async (t) => {
  const plan = new Plan();
  plan.fail('https://one/dir', new AcmeError('one: limit', 'rateLimited', 7_200_000));
  plan.fail('https://two/dir', new AcmeError('two: limit', 'rateLimited', 3_600_000));
  await t.rejects(plan.issuer(caOf('one'), caOf('two')).issue(NAMES, null), { name: 'AcmeError', type: 'rateLimited', message: 'one: limit; two: limit', retryAfterMs: 3_600_000 });
});

await t.test('a CA that named a time is left alone until then, for these names', async (t) => {
  const plan = new Plan();
  plan.fail('https://one/dir', new AcmeError('one: limit', 'rateLimited', 3_600_000));
  const issuer = plan.issuer(caOf('one'));
  await t.rejects(issuer.issue(NAMES, null), { message: 'one: limit', retryAfterMs: 3_600_000 });
  plan.clock.advance(1_000_000);
  plan.clock.jumpWallClock(365 * 86_400_000);
  await t.rejects(issuer.issue(NAMES, null), { type: 'rateLimited', message: /^one: it asked to be left alone until 2027-/, retryAfterMs: 2_600_000 });
  await issuer.issue(['c.test'], null);
  t.strictSame(plan.orders, ['one', 'one'], 'asked for other names');
  plan.clock.advance(2_600_000);
  await issuer.issue(NAMES, null);
  t.equal(plan.orders.length, 3);
});

await t.test('after a failed issue the staging service must succeed before production is asked, until one succeeds', async (t) => {
  const plan = new Plan();
  const issuer = plan.issuer(caOf('one', 'https://staging/dir'));
  plan.fail('https://one/dir', UNSEEN);
  plan.fail('https://staging/dir', UNSEEN);
  await t.rejects(issuer.issue(NAMES, null), UNSEEN);
  await t.rejects(issuer.issue(NAMES, null), UNSEEN);
  t.strictSame(plan.orders, ['one', 'one (staging)'], 'production is spared');
  t.equal((await issuer.issue(NAMES.toReversed(), null)).certificate.cert, 'cert of one', 'the order of names does not matter');
  await issuer.issue(NAMES, null);
  t.strictSame(plan.orders.slice(2), ['one (staging)', 'one', 'one']);
});

await t.test('a staging service that is itself in trouble does not keep production waiting', async (t) => {
  const plan = new Plan();
  const issuer = plan.issuer(caOf('one', 'https://staging/dir'));
  plan.fail('https://one/dir', UNSEEN);
  plan.fail('https://staging/dir', new AcmeError('staging: down', 'network', null));
  await t.rejects(issuer.issue(NAMES, null), UNSEEN);
  t.equal((await issuer.issue(NAMES, null)).ca.name, 'one');
});

await t.test('the certificate that is replaced is named to the CA it came from, and to no other', async (t) => {
  const plan = new Plan();
  const issuer = plan.issuer(caOf('one', 'https://staging/dir'), caOf('two'));
  const old = { cert: 'old', directory: 'https://two/dir' };
  plan.fail('https://one/dir', new AcmeError('one: down', 'network', null));
  await issuer.issue(NAMES, old);
  await issuer.issue(NAMES, { cert: 'old', directory: 'https://one/dir' });
  t.strictSame(plan.orders, ['one', 'two after old', 'one after old']);
});

await t.test('a staging service as the CA itself says so, and is not rehearsed with itself', async (t) => {
  const plan = new Plan();
  const issuer = plan.issuer(caOf('one', 'https://one/dir'));
  plan.fail('https://one/dir', UNSEEN);
  await t.rejects(issuer.issue(NAMES, null), UNSEEN);
  t.equal((await issuer.issue(NAMES, null)).staging, true);
  t.strictSame(plan.orders, ['one', 'one']);
});
