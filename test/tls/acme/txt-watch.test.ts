import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { isPublished, systemLookup, type DnsLookup } from '../../../src/tls/acme/txt-watch.ts';

const NAME = '_acme-challenge.app.example.com';

type Table = Readonly<Record<string, readonly string[]>>;

async function find(table: Table | undefined, name: string): Promise<readonly string[]> {
  const found = table?.[name];
  if (found === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return found;
}

/** DNS as four tables; what is in none is an error, as in Node. */
function lookupOf(tables: { cname?: Table; ns?: Table; addresses?: Table; txt?: Table }): DnsLookup {
  return {
    cname: async (name) => find(tables.cname, name),
    nameServers: async (zone) => find(tables.ns, zone),
    addresses: async (host) => find(tables.addresses, host),
    txt: async (server, name) => find(tables.txt, `${name} at ${server}`),
  };
}

const ZONE = { ns: { 'example.com': ['ns1.test', 'ns2.test'] }, addresses: { 'ns1.test': ['192.0.2.1', '2001:db8::1'], 'ns2.test': ['192.0.2.2'] } };

await t.test('every name server must show the value, on an address that answers', async (t) => {
  const first = { [`${NAME} at 192.0.2.1`]: ['other', 'value'] };
  t.notOk(await isPublished(lookupOf({ ...ZONE, txt: first }), NAME, 'value'), 'the second does not');
  t.ok(await isPublished(lookupOf({ ...ZONE, txt: { ...first, [`${NAME} at 192.0.2.2`]: ['value'] } }), NAME, 'value'));
  t.notOk(await isPublished(lookupOf({ ...ZONE, txt: { ...first, [`${NAME} at 192.0.2.2`]: ['valu'] } }), NAME, 'value'));
});

await t.test('an alias is looked up in the zone it points to', async (t) => {
  const tables = {
    cname: { [NAME]: ['app.challenges.test'] },
    ns: { ...ZONE.ns, 'challenges.test': ['ns1.test'] },
    addresses: ZONE.addresses,
    txt: { 'app.challenges.test at 192.0.2.1': ['value'] },
  };
  t.ok(await isPublished(lookupOf(tables), NAME, 'value'));
});

await t.test('aliases in a circle, no zone and no answer are all "not seen"', async (t) => {
  t.notOk(await isPublished(lookupOf({ ...ZONE, cname: { [NAME]: [NAME] } }), NAME, 'value'));
  t.notOk(await isPublished(lookupOf({}), NAME, 'value'));
  t.notOk(await isPublished(lookupOf({ ns: { com: ['ns1.test'] } }), 'example.com', 'value'));
});

await t.test('the system\'s lookup asks the server it is told to', async (t) => {
  const asked: Buffer[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    asked.push(question);
    // The question back as an answer that refuses.
    question.writeUInt16BE(0x8185, 2);
    socket.send(question, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  await t.rejects(systemLookup.txt(`127.0.0.1:${socket.address().port}`, NAME), { name: 'Error', code: 'EREFUSED' });
  t.ok(asked[0]?.includes('_acme-challenge'));
});
