import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { connect, type SecureContext } from 'node:tls';
import t, { type Test } from 'tap';
import { ClientRules } from '../../src/request/client-rules.ts';
import { ServerContexts } from '../../src/tls/server-contexts.ts';
import { makeCa, makeEntry, materialOf } from '../helpers/certificates.ts';
import { ClientCa } from '../helpers/client-certificates.ts';
import { handshake, listenTls, portOf } from '../helpers/handshake.ts';

const ca = await makeCa();
const [fallback, app, wildcard] = await Promise.all([
  makeEntry(ca, ['localhost', '127.0.0.1', '::1']),
  makeEntry(ca, ['app.example.com', 'www.example.com']),
  makeEntry(ca, ['*.example.com']),
]);
const material = materialOf(fallback, app, wildcard);

async function listen(t: Test, contexts: ServerContexts): Promise<number> {
  const server = await listenTls(t, { ...contexts.optionsFor(), SNICallback: contexts.sniCallbackFor() });
  contexts.attach(server);
  return portOf(server);
}

await t.test('exact name before wildcard before default', async (t) => {
  const port = await listen(t, new ServerContexts(material));
  const cases = [
    ['app.example.com', 'DNS:app.example.com, DNS:www.example.com'],
    ['www.example.com', 'DNS:app.example.com, DNS:www.example.com'],
    ['APP.Example.com', 'DNS:app.example.com, DNS:www.example.com'],
    ['other.example.com', 'DNS:*.example.com'],
    ['a.b.example.com', fallback.names.join()],
    ['example.com', fallback.names.join()],
    ['stranger.test', fallback.names.join()],
  ];
  for (const [servername = '', names = ''] of cases) {
    const shown = await handshake(port, { servername, rejectUnauthorized: false });
    t.equal(shown.names.replace(/^DNS:localhost.*/, fallback.names.join()), names, servername);
  }
  const nameless = await handshake(port, { ca: ca.cert });
  t.match(nameless.names, /^DNS:localhost/, 'a client that names nothing gets the default');
});

await t.test('an RSA and an ECDSA certificate serve the same name, each client gets what it can verify', async (t) => {
  const [ec, rsa] = [await makeEntry(ca, ['both.test']), await makeEntry(ca, ['both.test'], { keyType: 'rsa' })];
  const port = await listen(t, new ServerContexts(materialOf(fallback, rsa, ec)));
  const client = { ca: ca.cert, servername: 'both.test' };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.equal((await handshake(port, { ...client, maxVersion })).keyType, 'ec', 'ECDSA costs the server less');
    t.equal((await handshake(port, { ...client, maxVersion, sigalgs: 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256' })).keyType, 'rsa');
  }
  const alone = await listen(t, new ServerContexts(materialOf(rsa, ec)));
  const nameless = { ca: ca.cert, checkServerIdentity: () => undefined };
  t.equal((await handshake(alone, { ...nameless, sigalgs: 'rsa_pss_rsae_sha256' })).keyType, 'rsa', 'as default too');
  t.equal((await handshake(alone, { ...nameless, sigalgs: 'ecdsa_secp256r1_sha256' })).keyType, 'ec', 'as default too');
});

await t.test('names with different key types do not get in the way of each other, whichever is the default', async (t) => {
  const [ec, rsa] = [await makeEntry(ca, ['ec.test']), await makeEntry(ca, ['rsa.test'], { keyType: 'rsa' })];
  for (const material of [materialOf(ec, rsa), materialOf(rsa, ec)]) {
    const port = await listen(t, new ServerContexts(material));
    for (const sigalgs of ['rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256', 'ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256']) {
      for (const servername of ['ec.test', 'rsa.test']) {
        t.equal((await handshake(port, { ca: ca.cert, servername, sigalgs })).names, `DNS:${servername}`, sigalgs);
      }
    }
  }
});

await t.test('knows which hosts it covers', async (t) => {
  const contexts = new ServerContexts(material);
  t.strictSame([...contexts.names], ['localhost', '127.0.0.1', '::1', 'app.example.com', 'www.example.com', '*.example.com']);
  for (const host of ['localhost', 'LOCALHOST.', '[::1]', '::1', '127.0.0.1', 'x.example.com']) t.ok(contexts.covers(host), host);
  for (const host of ['', 'example.com', 'a.b.example.com', '127.0.0.2', 'evil.test', 'x.example.com@evil.test']) t.notOk(contexts.covers(host), host);
});

await t.test('the SNI callback calls back once and never throws, even where choosing fails (CVE-2026-21637)', async (t) => {
  class Failing extends ServerContexts {
    override choose(): SecureContext {
      throw new Error('a bug');
    }
  }
  const contexts = new Failing(material);
  const answers: unknown[] = [];
  t.doesNotThrow(() => contexts.sniCallbackFor()('app.example.com', (...answer) => answers.push(answer)));
  t.strictSame(answers, [[null]], 'which means: as if no name had been given');
  const port = await listen(t, contexts);
  t.match((await handshake(port, { rejectUnauthorized: false, servername: 'app.example.com' })).names, /^DNS:localhost/);
});

/** The first flight of a real client for a server name of 40 letters, to be damaged at will. */
async function captureClientHello(t: Test): Promise<Buffer> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = connect({ host: '127.0.0.1', port: portOf(server), servername: 'q'.repeat(40) });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  return hello;
}

await t.test('garbage in the server name ends at most that connection', async (t) => {
  const port = await listen(t, new ServerContexts(material));
  const hello = await captureClientHello(t);
  const at = hello.indexOf('q'.repeat(40));
  t.ok(at > 0);
  const garbage = [
    Buffer.alloc(40, 0x00),
    Buffer.alloc(40, 0xff),
    Buffer.from('.'.repeat(40)),
    Buffer.from('*'.repeat(40)),
    Buffer.from('APP.EXAMPLE.COM\r\n'.padEnd(40, '\n')),
    ...Array.from({ length: 20 }, () => randomBytes(40)),
  ];
  for (const bytes of garbage) {
    const damaged = Buffer.from(hello);
    bytes.copy(damaged, at);
    const socket = connectTcp(port, '127.0.0.1');
    socket.end(damaged);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    t.ok(answer[0] === 0x16 || answer[0] === 0x15, 'a ServerHello or an alert');
    socket.destroy();
  }
  await t.resolves(handshake(port, { ca: ca.cert, servername: 'app.example.com' }));
});

await t.test('a swap serves new handshakes at once, with and without a server name, and keeps open connections', async (t) => {
  const contexts = new ServerContexts(material);
  const server = await listenTls(t, { ...contexts.optionsFor(), SNICallback: contexts.sniCallbackFor() });
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => socket.pipe(socket));
  contexts.attach(server);
  const held = connect({ host: '127.0.0.1', port: portOf(server), ca: ca.cert });
  await once(held, 'secureConnect');

  const next = materialOf(await makeEntry(ca, ['127.0.0.1', 'next.test']), await makeEntry(ca, ['new.test']));
  contexts.replace(next);
  t.strictSame([...contexts.names], ['127.0.0.1', 'next.test', 'new.test']);
  const after = await Promise.all(
    ['', 'new.test'].map(async (servername) => {
      const socket = connect({ host: '127.0.0.1', port: portOf(server), ca: ca.cert, servername });
      await once(socket, 'secureConnect');
      const names = socket.getPeerX509Certificate()?.subjectAltName;
      socket.destroy();
      return names;
    }),
  );
  t.strictSame(after, ['IP Address:127.0.0.1, DNS:next.test', 'DNS:new.test']);
  held.write('still here');
  t.equal(String(await once(held, 'data')), 'still here');
  held.destroy();
});

await t.test('a swap to something unusable changes nothing', async (t) => {
  const contexts = new ServerContexts(material);
  const before = contexts.choose('app.example.com');
  t.throws(() => contexts.replace(materialOf({ ...app, key: 'not a key' })));
  t.equal(contexts.choose('app.example.com'), before);
});

await t.test('200 handshakes while certificates are swapped 20 times: none fails', async (t) => {
  const contexts = new ServerContexts(material);
  const port = await listen(t, contexts);
  const other = materialOf(await makeEntry(ca, ['localhost', '127.0.0.1']), await makeEntry(ca, ['app.example.com']));
  const serials = new Set<string>();
  const failures: unknown[] = [];
  let done = 0;
  const client = async (servername: string): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      try {
        serials.add((await handshake(port, { ca: ca.cert, servername })).serial);
      } catch (error) {
        failures.push(error);
      }
      if (++done % 10 === 0) contexts.replace(done % 20 === 0 ? material : other);
    }
  };
  await Promise.all(Array.from({ length: 10 }, async (_, index) => client(index % 2 === 0 ? '' : 'app.example.com')));
  t.equal(done, 200);
  t.strictSame(failures, []);
  t.equal(serials.size, 4, 'both certificates of both generations were shown');
});

await t.test('which rule a client is asked by: that of its name, of the address it came to, or of the default certificate', async (t) => {
  const staff = await ClientCa.make();
  const contexts = new ServerContexts(material, new ClientRules([staff.rule(['app.example.com']), staff.rule(['10.0.0.1', 'localhost'], { mode: 'request' })]));
  t.equal(contexts.rules.length, 2);
  const modes = [['APP.Example.com', '10.0.0.1'], ['www.example.com', '10.0.0.1'], ['', '::ffff:10.0.0.1'], ['', '10.0.0.2'], ['\u0000', undefined]] as const;
  t.strictSame(modes.map(([name, address]) => contexts.ruleFor(name, address)?.mode), ['require', undefined, 'request', 'request', 'request']);
  contexts.replace(material, new ClientRules([]));
  t.strictSame([contexts.rules, contexts.ruleFor('app.example.com', undefined)], [[], null]);
});

await t.test('a rule has contexts of its own, also for servers from before a reload, and other ticket keys', async (t) => {
  const staff = await ClientCa.make();
  const [rule] = new ClientRules([staff.rule(['app.example.com'])]).list;
  if (rule === undefined) throw new Error('no rule');
  const contexts = new ServerContexts(material);
  t.throws(() => contexts.optionsFor(rule), 'a rule that is not in force is not one without a rule');
  contexts.replace(material, new ClientRules([staff.rule(['app.example.com'])]));
  t.match(contexts.optionsFor(rule), { ca: staff.cert, sessionIdContext: rule.key });
  t.not(contexts.choose('app.example.com', undefined, rule), contexts.choose('app.example.com'));
  t.notSame(contexts.optionsFor(rule).ticketKeys, contexts.optionsFor().ticketKeys);
  const server = await listenTls(t, { ...contexts.optionsFor(rule), SNICallback: contexts.sniCallbackFor(rule), requestCert: true });
  contexts.attach(server, rule);
  t.doesNotThrow(() => contexts.replace(material, new ClientRules([])));
  t.match(contexts.optionsFor(rule), { ca: staff.cert });
});

await t.test('a closed server is let go', async (t) => {
  const contexts = new ServerContexts(material);
  const server = await listenTls(t, { ...contexts.optionsFor(), SNICallback: contexts.sniCallbackFor() });
  contexts.attach(server);
  server.close();
  await once(server, 'close');
  let calls = 0;
  server.setSecureContext = () => void calls++;
  contexts.replace(material);
  t.equal(calls, 0);
});
