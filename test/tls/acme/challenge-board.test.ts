import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { ChallengeBoard, type ChallengeAnswers } from '../../../src/tls/acme/challenge-board.ts';
import { MemoryAcmeStore, RecordingResponder } from '../../helpers/acme-memory.ts';
import { RecordingLogger } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

type Options = ConstructorParameters<typeof ChallengeBoard>[0];

interface Setup {
  readonly board: ChallengeBoard;
  readonly told: ChallengeAnswers[];
  readonly logger: RecordingLogger;
  readonly store: MemoryAcmeStore;
}

function setUp(options: Partial<Options> = {}, store: MemoryAcmeStore = new MemoryAcmeStore()): Setup {
  const told: ChallengeAnswers[] = [];
  const logger = new RecordingLogger();
  const onChange = async (answers: ChallengeAnswers): Promise<void> => { told.push(answers); };
  const board = new ChallengeBoard({ types: ['tls-alpn-01', 'http-01', 'dns-01'], dns: null, store, clock: new ManualClock(Date.now()), logger, onChange, ...options });
  return { board, told, logger, store };
}

await t.test('types in the order of the configuration; a wildcard has dns-01 alone, and that needs a hook', async (t) => {
  const { board } = setUp();
  t.strictSame(board.typesFor('a.test'), ['tls-alpn-01', 'http-01']);
  t.strictSame(board.typesFor('*.a.test'), []);
  t.strictSame(setUp({ dns: new RecordingResponder() }).board.typesFor('*.a.test'), ['dns-01']);
});

await t.test('workers are told before a proof counts as put in place, and again when it is over', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { board, store } = setUp({ onChange: async () => gate.promise });
  let isPresented = false;
  const presented = board.present('http-01', 'a.test', 'token', 'token.print').finally(() => { isPresented = true; });
  await new Promise(setImmediate);
  t.notOk(isPresented, 'not before the workers have said so');
  t.strictSame(board.answers, { http: [{ host: 'a.test', token: 'token', keyAuthorization: 'token.print' }], alpn: [] });
  gate.resolve();
  await presented;
  t.equal(store.open.size, 1);
  await board.remove('http-01', 'a.test', 'token', 'token.print');
  t.strictSame(board.answers, { http: [], alpn: [] });
  t.equal(store.open.size, 0);
});

await t.test('tls-alpn-01 is answered by a certificate for this host alone, which can be cloned to workers', async (t) => {
  const { board, told } = setUp();
  await board.present('tls-alpn-01', 'a.test', 'token', 'token.print');
  const [answer] = structuredClone(told[0])?.alpn ?? [];
  t.equal(answer?.host, 'a.test');
  t.equal(new X509Certificate(answer?.cert ?? '').subjectAltName, 'DNS:a.test');
  t.match(answer?.key, /PRIVATE KEY/);
});

await t.test('another gateway of the store answers too, until the challenge is over', async (t) => {
  const first = setUp();
  const second = setUp({}, first.store);
  await first.board.present('http-01', 'a.test', 'token', 'token.print');
  await first.board.present('tls-alpn-01', 'b.test', 'token', 'token.print');
  await second.board.refresh();
  t.equal(second.told.length, 1);
  t.match(second.board.answers, { http: [{ host: 'a.test' }], alpn: [{ host: 'b.test' }] });
  await second.board.refresh();
  t.equal(second.told.length, 1, 'workers are not told what they know');
  await first.board.remove('http-01', 'a.test', 'token', 'token.print');
  await first.board.remove('tls-alpn-01', 'b.test', 'token', 'token.print');
  await second.board.refresh();
  t.strictSame(second.told[1], { http: [], alpn: [] });
  await first.board.refresh();
  t.strictSame(first.board.answers, { http: [], alpn: [] });
});

await t.test('a store that is out of reach costs the others\' answers, not our own', async (t) => {
  const { board, store, logger, told } = setUp();
  store.broken = new Error('redis is gone');
  await board.present('http-01', 'a.test', 'token', 'token.print');
  t.equal(told.length, 1);
  await board.refresh();
  t.equal(board.answers.http.length, 1);
  await board.remove('http-01', 'a.test', 'token', 'token.print');
  t.equal(board.answers.http.length, 0);
  t.equal(logger.warnings.length, 3);
});

await t.test('workers that cannot be told fail the proof, but not its end', async (t) => {
  const { board, logger } = setUp({ onChange: async () => { throw new Error('no worker'); } });
  await t.rejects(board.present('http-01', 'a.test', 'token', 'token.print'), { message: 'no worker' });
  await t.resolves(board.remove('http-01', 'a.test', 'token', 'token.print'));
  t.strictSame(logger.warnings, ['workers were not told that a challenge is over']);
});

await t.test('workers that were not told of another gateway\'s challenge are told next time', async (t) => {
  const first = setUp();
  await first.board.present('http-01', 'a.test', 'token', 'token.print');
  const told: number[] = [];
  const failing = async (answers: ChallengeAnswers): Promise<void> => {
    told.push(answers.http.length);
    if (told.length === 1) throw new Error('no worker');
  };
  const second = setUp({ onChange: failing }, first.store);
  await second.board.refresh();
  t.strictSame(second.logger.warnings, ['challenges of other gateways cannot be taken over']);
  await second.board.refresh();
  t.strictSame(told, [1, 1]);
});

await t.test('dns-01 is the hook\'s, and nothing of it is answered or stored here', async (t) => {
  const dns = new RecordingResponder();
  const { board, store, told } = setUp({ dns });
  await board.present('dns-01', 'a.test', 'token', 'token.print');
  await board.remove('dns-01', 'a.test', 'token', 'token.print');
  t.strictSame([dns.presented, dns.removed], [['dns-01 a.test'], ['dns-01 a.test']]);
  t.strictSame([store.open.size, told.length], [0, 0]);
  await t.rejects(setUp().board.present('dns-01', 'a.test', 'token', 'token.print'), { message: 'dns-01 is not configured' });
});

await t.test('open challenges have a bound, own ones and those of the store', async (t) => {
  const { board, store } = setUp();
  for (let index = 0; index < 1000; index++) await board.present('http-01', `h${index}.test`, 'token', 'token.print');
  await t.rejects(board.present('http-01', 'more.test', 'token', 'token.print'), { message: '1000 challenges are open already' });
  for (let index = 0; index < 500; index++) await store.putChallenge({ host: `o${index}.test`, type: 'http-01', token: 'token', keyAuthorization: 'token.other' });
  const other = setUp({}, store);
  await other.board.refresh();
  t.equal(other.board.answers.http.length, 1000);
});
