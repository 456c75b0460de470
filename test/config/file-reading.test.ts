import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/diagnostic.ts';
import { changedFiles, FileReading } from '../../src/config/file-reading.ts';
import { loadConfig } from '../../src/config/load.ts';
import { makeCa, makeEntry } from '../helpers/certificates.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('everything a configuration is read from is known, be it in a directory or named in a file', async (t) => {
  const dir = tempDir(t);
  const { cert, key } = await makeEntry(await makeCa(), ['a.test']);
  const write = (name: string, text: string): void => writeFileSync(path.join(dir, name), text);
  mkdirSync(path.join(dir, 'config'));
  write('config/a.yaml', 'listen: { https: 443 }\ntls: { certificates: [{ cert: ../cert.pem, key: ../key.pem }] }');
  write('config/b.yaml', `upstreams: { a: { targets: "https://10.0.0.1", tls: { ca: ../ca.pem } } }
routes:
  - { upstream: a, apiKey: { file: ../keys.txt } }
  - { path: /file, respond: { file: ../page.html } }
  - { path: /secret, respond: { body: "file:../secret" }, errorPages: { 404: ../missing.html } }`);
  write('config/notes.txt', 'no part of it');
  write('cert.pem', cert);
  write('key.pem', key);
  write('ca.pem', cert);
  write('keys.txt', '');
  write('page.html', 'page');
  write('secret', 'hush');
  write('missing.html', 'missing');
  const reading = new FileReading();
  const { found } = loadConfig(path.join(dir, 'config'), { env: {}, reading });
  const names = (files: Iterable<string>): string[] => [...files].map((file) => path.relative(dir, file)).toSorted();
  const once = ['ca.pem', 'config', 'config/a.yaml', 'config/b.yaml', 'missing.html', 'page.html', 'secret'];
  t.strictSame(names(found.keys()), once, 'certificates and API keys are watched by those who use them');
  t.strictSame(names(reading.found.keys()), [...once, 'cert.pem', 'key.pem', 'keys.txt'].toSorted());
  t.notMatch(JSON.stringify([...reading.found]), 'hush', 'only hashes are kept');

  t.strictSame(changedFiles(reading.found), []);
  utimesSync(path.join(dir, 'secret'), 1, 1);
  t.strictSame(changedFiles(reading.found), [], 'a touch is no change');
  write('secret', 'other');
  write('config/c.yaml', 'workers: 1');
  rmSync(path.join(dir, 'page.html'));
  t.strictSame(names(changedFiles(reading.found)), ['config', 'page.html', 'secret']);
});

await t.test('of a configuration that is refused it is known too what it was read from, and what was missing', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'gateway.yaml');
  writeFileSync(file, 'listen: { http: 80 }\nroutes: [{ respond: { file: page.html }, apiKey: { file: keys.txt } }]');
  const reading = new FileReading();
  t.throws(() => loadConfig(file, { env: {}, reading }), ConfigError);
  t.strictSame([...reading.found.keys()].map((name) => path.basename(name)), ['gateway.yaml', 'keys.txt', 'page.html']);
  for (const name of ['keys.txt', 'page.html']) {
    writeFileSync(path.join(dir, name), '');
    t.strictSame(changedFiles(reading.found).map((changed) => path.basename(changed)).includes(name), true, 'that it has come is a change');
  }
});

await t.test('a file or folder that is not there is known by its absence', async (t) => {
  const file = path.join(tempDir(t), 'none');
  const reading = new FileReading();
  t.throws(() => reading.list(file), { code: 'ENOENT' });
  t.strictSame(changedFiles(reading.found), []);
  mkdirSync(file);
  t.strictSame(changedFiles(reading.found), [file]);
});

await t.test('what is also read by somebody who does not watch it counts as read once', async (t) => {
  const reading = new FileReading(() => Buffer.from('x'));
  for (const [file, isLive] of [['/a', true], ['/a', false], ['/b', false], ['/b', true], ['/c', true]] as const) reading.read(file, isLive);
  t.strictSame([...reading.foundOnce.keys()], ['/a', '/b']);
});
