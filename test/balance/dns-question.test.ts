import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { codeOf, DnsQuestion, lookupFailureText } from '../../src/balance/dns-question.ts';
import { DnsServer } from '../helpers/dns-server.ts';

await t.test('both families are asked for, with their TTL in seconds', async (t) => {
  const server = await DnsServer.start(t, { 'app.test': { addresses: ['10.0.0.1', 'fd00::1'], ttl: 7 } });
  const { records, unknownFamilies, failure } = await new DnsQuestion([server.address]).addresses('app.test');
  t.same(records.map(({ address, ttl }) => [address, ttl]), [['10.0.0.1', 7], ['fd00::1', 7]]);
  t.same(unknownFamilies, []);
  t.equal(failure, null);
});

await t.test('a family that is denied is known, one that fails is not', async (t) => {
  const server = await DnsServer.start(t, {
    'v4.test': { addresses: ['10.0.0.1'] },
    'half.test': { addresses: ['10.0.0.1'], failFamily: 6 },
    'broken.test': 'servfail',
  });
  const question = new DnsQuestion([server.address]);
  t.same((await question.addresses('v4.test')).unknownFamilies, []);
  const half = await question.addresses('half.test');
  t.same(half.records.map(({ address }) => address), ['10.0.0.1']);
  t.same(half.unknownFamilies, [6]);
  const broken = await question.addresses('broken.test');
  t.same(broken.unknownFamilies, [4, 6]);
  t.equal(broken.failure, 'ESERVFAIL');
  t.equal((await question.addresses('nobody.test')).failure, 'ENOTFOUND');
});

await t.test('SRV records come with priority, weight and port', async (t) => {
  const server = await DnsServer.start(t, { '_http._tcp.test': { services: [{ name: 'a.test', port: 8000, priority: 1, weight: 5 }] } });
  const [offer] = await new DnsQuestion([server.address]).services('_http._tcp.test');
  t.match(offer, { name: 'a.test', port: 8000, priority: 1, weight: 5 });
});

await t.test('a question can be given up', async (t) => {
  const server = await DnsServer.start(t, { 'slow.test': 'silence' });
  const question = new DnsQuestion([server.address]);
  const answer = question.addresses('slow.test');
  question.cancel();
  t.equal((await answer).failure, 'ECANCELLED');
});

await t.test('no server at all is told apart from silence', async (t) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  const { failure } = await new DnsQuestion([`127.0.0.1:${port}`]).addresses('app.test');
  t.equal(failure, 'ECONNREFUSED');
});

await t.test('a failure is said in words, and a strange one by its code', async (t) => {
  t.equal(lookupFailureText('ENOTFOUND'), 'there is no such name');
  t.equal(lookupFailureText('ESTRANGE'), 'ESTRANGE');
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'ETIMEOUT' })), 'ETIMEOUT');
  t.equal(codeOf('plain'), 'plain');
});
