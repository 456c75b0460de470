import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const LIBRARY = new URL('../../src/tls/x509-library.ts', import.meta.url).href;

await t.test('it loads beside acme-client, which brings an older one of its own, in either order', async (t) => {
  const [ours, theirs] = [`const x509 = await (await import('${LIBRARY}')).loadX509Library();`, "const acme = await import('acme-client');"];
  const use = `
    const key = (await acme.crypto.createPrivateEcdsaKey()).toString();
    const [, csr] = await acme.crypto.createCsr({ altNames: ['a.test'] }, key);
    console.log(await new x509.Pkcs10CertificateRequest(csr.toString()).verify());`;
  for (const order of [[ours, theirs], [theirs, ours]]) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', [...order, use].join('\n')], { cwd: import.meta.dirname });
    t.equal(stdout, 'true\n');
  }
});
