import t from 'tap';
import { privacyOf, FULL_MASK } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

await t.test('nothing is changed where nothing is to be masked', async (t) => {
  const privacy = privacyOf();
  t.equal(privacy.path(sampleRecord), '/api/orders/42?page=2');
  t.equal(privacy.target(sampleRecord), '/api/orders/42?page=2');
  t.strictSame([privacy.text('jo@example.com'), privacy.address('203.0.113.7'), privacy.url(''), privacy.query('')], ['jo@example.com', '203.0.113.7', '', '']);
});

await t.test('threat: what policies took out of the query does not come back by what the client wrote', async (t) => {
  const privacy = privacyOf();
  t.equal(privacy.target({ url: '/p?k=hunter2&a=1', query: '?a=1' }), '/p?a=1');
  t.equal(privacy.target({ url: '/p?k=hunter2', query: '' }), '/p?***');
  t.equal(privacy.target({ url: '/p?', query: '' }), '/p?');
  t.equal(privacy.target({ url: 'http://me:hunter2@a.test/p', query: '' }), 'http://***@a.test/p');
});

await t.test('threat: a request that was refused before its query was known shows nothing of it', async (t) => {
  const privacy = privacyOf();
  t.equal(privacy.path({ path: '/%zz?whatever=hunter2', query: '' }), '/%zz?***');
  t.equal(privacy.target({ url: '/%zz?whatever=hunter2', query: '' }), '/%zz?***');
});

await t.test('query parameters chosen are hidden, in whatever case, escape or bracket, also in a referer', async (t) => {
  const privacy = privacyOf({ query: ['name', 'birth day'] });
  t.equal(privacy.query('?Name=Jo&n%61me=Jo&name[first]=Jo&birth+day=1&names=x&token=hunter2'), '?Name=***&n%61me=***&name[first]=***&birth+day=***&names=x&token=***');
  t.equal(privacy.url('https://a.test/?name=Jo#name=Jo'), 'https://a.test/?name=***#name=***');
  t.strictSame([privacy.parameter({ query: '?name=Jo&x=1' }, 'name'), privacy.parameter({ query: '?name=Jo&x=1' }, 'x'), privacy.parameter({ query: '' }, 'x')], ['***', '1', null]);
});

await t.test('credentials in headers are hidden, by their name and by what a policy says of it', async (t) => {
  const privacy = privacyOf();
  const withheld = { has: (name: string): boolean => name === 'x-partner' };
  const rawHeaders = ['Authorization', 'Bearer hunter2', 'COOKIE', 'sid=hunter2', 'X-Api-Key', 'hunter2', 'X-Partner', 'hunter2', 'X-Tenant', 'a', 'x-tenant', 'b', 'Referer', 'https://a.test/?code=hunter2'];
  const record = { head: { rawHeaders }, withheld };
  const names = ['authorization', 'cookie', 'x-api-key', 'x-partner', 'x-tenant', 'referer', 'x-none'];
  t.strictSame(names.map((name) => privacy.header(record, name)), ['***', '***', '***', '***', 'a, b', 'https://a.test/?code=***', null]);
  const answerHeaders = ['Set-Cookie', 'sid=hunter2', 'Location', '/?token=hunter2', 'Content-Type', 'text/plain'];
  t.strictSame(['set-cookie', 'location', 'content-type'].map((name) => privacy.answerHeader({ answerHeaders }, name)), ['***', '/?token=***', 'text/plain']);
});

await t.test('the address of a client is masked in the reason and in headers that list addresses', async (t) => {
  const privacy = privacyOf({ address: 'truncate' });
  const reason = { errorDetail: '203.0.113.7 by way of 10.1.2.3 is denied', clientAddress: '203.0.113.7', peerAddress: '10.1.2.3' };
  t.equal(privacy.reason(reason), '203.0.113.0 by way of 10.1.2.0 is denied');
  t.equal(privacy.header({ head: { rawHeaders: ['X-Forwarded-For', '203.0.113.7, 10.1.2.3'] }, withheld: null }, 'x-forwarded-for'), '203.0.113.0, 10.1.2.0');
});

await t.test('patterns are replaced by their names', async (t) => {
  const privacy = privacyOf(FULL_MASK);
  t.equal(privacy.text('E123456 and B-ABC12 wrote to jo@example.com, card 4111111111111111, 010-1234-5678'), '[employee] and [badge] wrote to [email], card [card], [phone]');
  t.equal(privacy.text('E1234567'), 'E1234567');
});

await t.test('threat: what a cut leaves of an address at the end of a long text is not shown', async (t) => {
  const privacy = privacyOf(FULL_MASK);
  for (let length = 1990; length < 2060; length += 1) t.notMatch(privacy.text(`${'x'.repeat(length)} jo.secret@example.com ${'y'.repeat(3000)}`), /secret/);
  t.ok(privacy.text(`${'x'.repeat(1500)} end ${'y'.repeat(3000)}`).includes('end'), 'and before that all is there');
});

await t.test('headers chosen are hidden, wherever their value is shown', async (t) => {
  const privacy = privacyOf({ headers: ['x-staff', 'user-agent', 'referer'] });
  const record = { head: { rawHeaders: ['X-Staff', 'Jo', 'Referer', 'https://a.test/jo', 'User-Agent', 'jo'] }, withheld: null };
  t.strictSame(['x-staff', 'referer', 'user-agent'].map((name) => privacy.header(record, name)), ['***', '***', '***']);
  t.equal(privacy.answerHeader({ answerHeaders: ['X-Staff', 'Jo'] }, 'x-staff'), '***');
  t.strictSame([privacy.referer('https://a.test/jo'), privacy.userAgent('jo'), privacy.referer(''), privacy.userAgent('')], ['***', '***', '', '']);
  t.strictSame([privacyOf().referer('https://a.test/?code=1'), privacyOf().userAgent('jo')], ['https://a.test/?code=***', 'jo']);
});

await t.test('the id of a request is masked where it is no UUID', async (t) => {
  const privacy = privacyOf(FULL_MASK);
  t.equal(privacy.id('12345678-0101-4234-8567-890123456789'), '12345678-0101-4234-8567-890123456789');
  t.equal(privacy.id('req-010-1234-5678'), 'req-[phone]');
});

await t.test('threat: the id of a trace that is a phone number is another id, and the same each time; others stay', async (t) => {
  const privacy = privacyOf(FULL_MASK);
  const ids = ['01012345678', '821012345678', '14155552671', '4111111111111111', 'e123456'].map((digits) => digits.padStart(32, '0'));
  for (const id of [...ids, '0000001012345678']) {
    t.notOk(privacy.hexId(id).includes(id.replace(/^0+/, '')), id);
    t.equal(privacy.hexId(id).length, id.length);
    t.equal(privacy.hexId(id), privacy.hexId(id));
  }
  for (const id of ['', '0af7651916cd43dd8448eb211c80319c', '0000000000000000b7ad6b7169203331', 'b7ad6b7169203331', '00f067aa0ba902b7']) t.equal(privacy.hexId(id), id);
  for (const id of ids) t.equal(privacyOf().hexId(id), id, 'where nothing is to be masked');
});

await t.test('the reason of a failure tells the address of a target, but not that of the client', async (t) => {
  const record = { errorDetail: '203.0.113.7: connect 10.0.0.9:80 refused', clientAddress: '203.0.113.7', peerAddress: '' };
  t.equal(privacyOf({ address: 'truncate' }).reason(record), '203.0.113.0: connect 10.0.0.9:80 refused');
});
