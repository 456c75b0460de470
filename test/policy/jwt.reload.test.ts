import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { AUDIENCE, CLAIMS, jwkOf, NOW_S, PAIRS, sign, startKeyServer } from '../helpers/token-issuer.ts';
import { eventually } from '../helpers/wait-for.ts';

const issuer = await startKeyServer(t);
issuer.publish([await jwkOf(PAIRS.p256.publicKey, { kid: 'k' })]);
const token = await sign({ ...CLAIMS, exp: 2 * NOW_S }, 'ES256', PAIRS.p256.privateKey, { kid: 'k' });

function yamlOf(jwks: string, more = ''): string {
  return `workers: 1\nroutes: [{ path: /, respond: {}, jwt: { jwks: "${jwks}", audience: ${AUDIENCE} } }${more}]`;
}

const gateway = await startGateway(t, yamlOf(issuer.url));

async function statusOf(authorization: string | null = `Bearer ${token}`): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${gateway.httpPort}/`, { headers: authorization === null ? {} : { authorization } });
  return status;
}

await t.test('keys that were fetched outlive a reload, whatever has become of the issuer; those of another URL do not', async (t) => {
  t.strictSame([await statusOf(), await statusOf(null)], [200, 401]);
  t.equal(issuer.requests, 1);
  issuer.fail(500);
  gateway.write(yamlOf(issuer.url, ', { path: /new, respond: {} }'));
  await gateway.plane.reload();
  t.equal((await fetch(`http://127.0.0.1:${gateway.httpPort}/new`)).status, 200);
  t.equal(await statusOf(), 200);
  t.equal(issuer.requests, 1);
  gateway.write(yamlOf(`${issuer.url}?other`));
  await gateway.plane.reload();
  t.equal(await statusOf(), 503);
  issuer.publish([await jwkOf(PAIRS.p256.publicKey, { kid: 'k' })]);
  await eventually(async () => (await statusOf()) === 200, 5000);
});
