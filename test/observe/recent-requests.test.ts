import t from 'tap';
import type { AccessRecord } from '../../src/observe/access-record.ts';
import type { RecentRequest, RequestFilter } from '../../src/observe/recent-request.ts';
import { RecentRequests } from '../../src/observe/recent-requests.ts';
import { FULL_MASK, privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

const ALL: RequestFilter = { route: null, status: null, code: null, slowMs: null, client: null };
const PLAIN = privacyOf();
const LONG = 4000;

function kept(count: number, ...records: readonly Partial<AccessRecord>[]): RecentRequests {
  const recent = new RecentRequests();
  recent.keep(count);
  for (const record of records) recent.add({ ...sampleRecord, ...record });
  return recent;
}

function numbered(from: number, to: number): { readonly id: string }[] {
  return Array.from({ length: to - from }, (_, index) => ({ id: String(from + index) }));
}

/** Ids, what was seen, and what was missed. */
function read(recent: RecentRequests, after = 0, count = 100, filter: Partial<RequestFilter> = {}): readonly [ids: string, seen: number, missed: number] {
  const { requests, seen, missed } = recent.read({ filter: { ...ALL, ...filter }, after, count }, PLAIN);
  return [requests.map(({ requestId }) => requestId).join(' '), seen, missed];
}

function shown(record: Partial<AccessRecord>, privacy = PLAIN): RecentRequest {
  const [request] = kept(1, record).read({ filter: ALL, after: 0, count: 1 }, privacy).requests;
  if (request === undefined) throw new Error('it is kept');
  return request;
}

await t.test('the last requests are kept in the order of their ends, and the oldest make room', async (t) => {
  const recent = kept(3);
  t.strictSame(read(recent), ['', 0, 0]);
  for (const record of numbered(0, 2)) recent.add({ ...sampleRecord, ...record });
  t.strictSame(read(recent), ['0 1', 2, 0]);
  for (const record of numbered(2, 8)) recent.add({ ...sampleRecord, ...record });
  t.strictSame(read(recent), ['5 6 7', 8, 5]);
});

await t.test('who asks again gets what came since, and is told how much of it nobody has any more', async (t) => {
  const recent = kept(3, ...numbered(0, 8));
  t.strictSame(read(recent, 7), ['7', 8, 0]);
  t.strictSame(read(recent, 8), ['', 8, 0]);
  t.strictSame(read(recent, 2), ['5 6 7', 8, 3]);
  t.strictSame(read(recent, Infinity), ['', 8, 0], 'only what is to come');
  t.strictSame(read(recent, 6, 1), ['7', 8, 1], 'of more than was asked for, the youngest');
  t.strictSame(read(recent, 0, 0), ['', 8, 8]);
});

await t.test('another number of places forgets what was there; the same number does not, and none keeps nothing', async (t) => {
  const recent = kept(3, ...numbered(0, 5));
  recent.keep(3);
  t.strictSame(read(recent, 4), ['4', 5, 0]);
  recent.keep(5);
  t.strictSame(read(recent, 4), ['', 5, 1]);
  recent.add({ ...sampleRecord, id: '5' });
  t.strictSame(read(recent), ['5', 6, 5]);
  recent.keep(0);
  recent.add({ ...sampleRecord, id: '6' });
  t.strictSame(read(recent, 6), ['', 7, 1]);
});

await t.test('a request is shown with everything that is known of it', async (t) => {
  t.strictSame(shown({ errorCode: 'upstream_reset', errorDetail: 'api:8000: gone', traceId: 'f'.repeat(32), bytesIn: 7, attempts: 2, upgrade: 'websocket', headMs: -1 }), {
    time: '2026-01-02T03:04:05.067Z', endedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 67) + 3.2169,
    requestId: '01jd3v9c5g2n8', trace: 'f'.repeat(32), method: 'GET', scheme: 'https', host: 'app.example.com', path: '/api/orders/42?page=2',
    protocol: 'HTTP/1.1', tls: 'TLSv1.3', status: 200, code: 'upstream_reset', reason: 'api:8000: gone', client: '203.0.113.7',
    route: 'app.example.com/api/*', upstream: 'api', target: 'api:8000', attempts: 2, bytesIn: 7, bytesOut: 5120,
    requestMs: 3.22, connectMs: 0.5, headMs: null, responseMs: 3.1,
    userAgent: sampleRecord.userAgent, referer: 'https://app.example.com/orders', upgrade: 'websocket',
  });
  t.match(shown({ totalMs: -1, startedAtMs: 5 }), { requestMs: null, endedAtMs: 5 });
});

await t.test('a filter leaves what has everything that it names', async (t) => {
  const recent = kept(9, { id: 'a' }, { id: 'b', routeId: 'web' }, { id: 'c', status: 404 }, { id: 'd', status: 503, errorCode: 'circuit_open' }, { id: 'e', totalMs: 900 }, { id: 'f', clientAddress: '2001:db8::1' });
  const cases: readonly (readonly [filter: Partial<RequestFilter>, ids: string])[] = [
    [{ route: 'web' }, 'b'], [{ route: 'gone' }, ''], [{ status: [404, 404] }, 'c'], [{ status: [400, 599] }, 'c d'], [{ code: 'circuit_open' }, 'd'],
    [{ slowMs: 900 }, 'e'], [{ client: '2001:db8::1' }, 'f'], [{ status: [200, 299], slowMs: 3.3 }, 'e'], [{ status: [500, 599], route: 'web' }, ''],
  ];
  t.strictSame(cases.map(([filter]) => read(recent, 0, 100, filter)[0]), cases.map(([, ids]) => ids));
  t.strictSame(read(recent, 0, 1, { status: [400, 599] }), ['d', 6, 1], 'what does not fit is missed, what is left out is not');
});

await t.test('threat: a place that is written over shows nothing of the request before', async (t) => {
  const recent = kept(1, { ...sampleRecord, errorCode: 'upstream_reset', errorDetail: 'secret', traceId: 'f'.repeat(32), upgrade: 'websocket', url: `/${'s'.repeat(LONG)}` });
  const bare = { ...sampleRecord, id: 'b', referer: '', userAgent: '', path: '/', query: '', url: '/', target: '', upstream: '', connectMs: -1, headMs: -1, responseMs: -1 };
  recent.add(bare);
  t.strictSame(recent.read({ filter: ALL, after: 0, count: 9 }, PLAIN).requests, [shown(bare)]);
});

await t.test('threat: personal data and secrets are masked as they are in the log, and a filter does not tell them', async (t) => {
  const privacy = privacyOf(FULL_MASK);
  const record = {
    clientAddress: '203.0.113.77', errorDetail: '203.0.113.77 sent jo@example.com', path: '/users/jo@example.com', query: '?token=hunter2&a=E123456', url: '/users/jo@example.com?token=hunter2&a=E123456',
    userAgent: 'call 010-1234-5678', referer: 'https://me:hunter2@a.test/?code=hunter2',
  };
  const request = shown(record, privacy);
  t.notMatch(JSON.stringify(request), /hunter2|jo@|1234-5678|E123456|203\.0\.113\.77/);
  t.match(request, { client: '203.0.113.0', path: '/users/[email]?token=***&a=[employee]', referer: /\?code=\*\*\*$/ });
  const recent = kept(3, record);
  const found = (client: string): number => recent.read({ filter: { ...ALL, client }, after: 0, count: 9 }, privacy).requests.length;
  t.strictSame([found('203.0.113.77'), found('203.0.113.1'), found('203.0.114.1')], [1, 1, 0], 'trying addresses finds out no more than the mask shows');
});

await t.test('threat: what was cut shows no half of what would have been masked', async (t) => {
  const secret = 'https://me:hunter2@a.test/';
  for (let before = 480; before <= 1040; before += 8) {
    const filler = 'x'.repeat(before);
    const request = shown({
      userAgent: `${filler} jo.doe@example.com`, referer: `https://a.test/${filler}?u=${secret}&token=hunter2`, errorDetail: `${filler} jo.doe@example.com`,
      path: `/${filler}/jo.doe@example.com/${'y'.repeat(1000)}`, query: '', url: `/${filler}/jo.doe@example.com/${'y'.repeat(1000)}`,
    }, privacyOf({ email: true }));
    const written = JSON.stringify(request);
    if (/jo\.|hunter|@example/.test(written)) t.fail(`${before}: ${written}`);
  }
});

await t.test('threat: long texts of clients are cut, so that a place holds no more than a few kilobytes', async (t) => {
  const long = 'x'.repeat(LONG);
  const request = shown({ id: long, path: `/${long}`, query: `?${long}`, url: `/${long}?${long}`, errorDetail: long, userAgent: long, referer: `https://a.test/${long}` });
  const lengths = [request.requestId, request.path, request.reason, request.userAgent, request.referer].map(({ length }) => length);
  t.ok(lengths.every((length) => length <= 2200), lengths.join(' '));
  t.match(request, { requestId: /…$/, reason: /…$/, userAgent: /…$/, referer: /…$/ });
});
