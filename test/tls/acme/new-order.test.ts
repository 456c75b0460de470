import t, { type Test } from 'tap';
import { AcmeClient } from '../../../src/tls/acme/client.ts';
import { placeOrder } from '../../../src/tls/acme/new-order.ts';
import { renewalId } from '../../../src/tls/acme/renewal-info.ts';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { problem, startAcmeServer, type AcmeServer } from '../../helpers/acme-server.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

async function setUp(t: Test, profile: string | null = null): Promise<{ server: AcmeServer; client: AcmeClient; cert: string }> {
  const server = await startAcmeServer(t);
  server.renewalInfo = { status: 200, body: {} };
  const ca = { ...server.ca, profile };
  const client = await AcmeClient.open({ ca, accountKey: newKey(), accountUrl: `${server.url}/account/1`, clock: new ManualClock(), signal: new AbortController().signal });
  t.teardown(() => client.close());
  return { server, client, cert: (await makePair(await makeCa(), ['a.example.com'])).cert };
}

await t.test('a renewal names what it replaces, where the CA plans renewals', async (t) => {
  const { server, client, cert } = await setUp(t);
  await placeOrder(client, ['a.example.com'], null);
  await placeOrder(client, ['a.example.com'], cert);
  t.strictSame(server.requests.map(({ payload }) => payload?.['replaces']), [undefined, await renewalId(cert)]);
  t.strictSame(server.requests[0]?.payload, { identifiers: [{ type: 'dns', value: 'a.example.com' }] });
});

await t.test('a CA without renewal information is not told', async (t) => {
  const { server, client, cert } = await setUp(t);
  server.renewalInfo = null;
  await placeOrder(client, ['a.example.com'], cert);
  t.equal(server.requests[0]?.payload?.['replaces'], undefined);
});

await t.test('a certificate that was replaced already, or is unknown there, does not stop the order', async (t) => {
  for (const [type, status] of [['alreadyReplaced', 409], ['malformed', 400]] as const) {
    const { server, client, cert } = await setUp(t);
    server.answerOnce('/newOrder', problem(type, 'no', status));
    await placeOrder(client, ['a.example.com'], cert);
    t.strictSame(server.requests.map(({ payload }) => payload?.['replaces'] !== undefined), [true, false]);
  }
});

await t.test('other refusals do, and are not asked twice', async (t) => {
  const { server, client, cert } = await setUp(t);
  server.answerOnce('/newOrder', problem('rateLimited', 'no', 429));
  await t.rejects(placeOrder(client, ['a.example.com'], cert), { name: 'AcmeError', type: 'rateLimited' });
  t.equal(server.requests.length, 1);
});

await t.test('a profile the CA offers is ordered; one it does not is an error that says what there is', async (t) => {
  const { server, client } = await setUp(t, 'shortlived');
  server.profiles = { classic: 'as ever', shortlived: '6 days' };
  await placeOrder(client, ['a.example.com'], null);
  t.equal(server.requests[0]?.payload?.['profile'], 'shortlived');
  const other = await setUp(t, 'long');
  await t.rejects(placeOrder(other.client, ['a.example.com'], null), { type: 'invalidProfile', message: /"long"; it offers none/ });
  const third = await setUp(t, 'long');
  third.server.profiles = server.profiles;
  await t.rejects(placeOrder(third.client, ['a.example.com'], null), { type: 'invalidProfile', message: /it offers classic, shortlived/ });
  t.strictSame(third.server.requests, []);
});

await t.test('an order without an address is none', async (t) => {
  const { server, client } = await setUp(t);
  server.answerOnce('/newOrder', { status: 201, body: {} });
  await t.rejects(placeOrder(client, ['a.example.com'], null), { message: /did not say where/ });
});
