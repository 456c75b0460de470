import t from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { sluice, startSluice } from '../helpers/sluice-process.ts';
import { freePort } from '../helpers/worker-plan.ts';

async function said(port: number): Promise<string> {
  const client = await RawClient.connect({ port });
  const { text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
  client.destroy();
  return text;
}

await t.test('the running gateway reads its file again, or says why it does not', async (t) => {
  const [http, admin] = [await freePort(), await freePort()];
  const yaml = (body: string, more = ''): string => `${more}listen: { http: "127.0.0.1:${http}", admin: ${admin} }\nroutes: [{ respond: { body: ${body} } }]`;
  const process = await startSluice(t, yaml('first'));
  const reload = async (): ReturnType<typeof sluice> => sluice(['reload', '-c', process.file]);

  process.write(yaml('second'));
  t.match(await reload(), { code: 0, out: /^Reloaded: generation 2 in \d+ ms\.\n$/, err: '' });
  t.equal(await said(http), 'second');

  process.write(yaml('third', 'workers: 2\n'));
  t.match(await reload(), { code: 1, out: '', err: 'sluice: reload refused, the old configuration stays. workers: 1 → 2 needs a restart.\n' });

  process.write(yaml('third', 'nonsense: 1\n'));
  t.match(await reload(), { code: 2, out: '', err: /nonsense/ });
  t.equal(await said(http), 'second');
});

await t.test('a new target that does not answer is named, and the reload is done all the same', async (t) => {
  const [http, admin, nobody] = [await freePort(), await freePort(), await freePort()];
  const yaml = (route: string): string => `listen: { http: "127.0.0.1:${http}", admin: ${admin} }\nroutes: [{ ${route} }]`;
  const process = await startSluice(t, yaml('respond: {}'));
  process.write(yaml(`upstream: "127.0.0.1:${nobody}"`));
  t.match(await sluice(['reload', '-c', process.file]), {
    code: 0, out: /^Reloaded: generation 2/, err: new RegExp(`^sluice: warning: upstream \\S+: the new target 127.0.0.1:${nobody} does not answer: connection refused\n$`),
  });
});

await t.test('where no gateway runs, or none can be asked, it says so', async (t) => {
  const process = await startSluice(t, 'routes: [{ respond: {} }]');
  t.match(await sluice(['reload', '-c', process.file]), { code: 1, out: '', err: 'sluice: the configuration says `admin: off`; send the process SIGHUP instead.\n' });
  const admin = await freePort();
  process.write(`listen: { http: 80, admin: ${admin} }\nroutes: [{ respond: {} }]`);
  t.match(await sluice(['reload', '-c', process.file]), { code: 1, out: '', err: `sluice: no Sluice answers at 127.0.0.1:${admin}\n` });
});
