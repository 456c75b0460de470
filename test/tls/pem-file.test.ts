import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readPemFile, readPemFileIfAny } from '../../src/tls/pem-file.ts';
import { asNobody } from '../helpers/nobody.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('reads a file, through links too', async (t) => {
  const dir = tempDir(t);
  writeFileSync(path.join(dir, 'a.pem'), 'text', { mode: 0o600 });
  symlinkSync('a.pem', path.join(dir, 'link.pem'));
  const file = path.join(dir, 'link.pem');
  t.strictSame(await readPemFile(file), { file, text: 'text', isExposed: false });
});

await t.test('exposed is what anybody may touch or the group may change', async (t) => {
  const file = path.join(tempDir(t), 'a.pem');
  writeFileSync(file, '');
  for (const [mode, isExposed] of [[0o600, false], [0o400, false], [0o640, false], [0o644, true], [0o604, true], [0o660, true]] as const) {
    chmodSync(file, mode);
    t.equal((await readPemFile(file)).isExposed, isExposed, mode.toString(8));
  }
});

await t.test('what cannot be read is explained in words', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'a.pem');
  t.equal(await readPemFileIfAny(file), null);
  await t.rejects(readPemFile(file), { message: `${file}: does not exist; check the path.` });
  mkdirSync(file);
  await t.rejects(readPemFileIfAny(file), { message: `${file}: is not a file.` });
  const large = path.join(dir, 'large.pem');
  writeFileSync(large, 'x'.repeat(1_048_577));
  await t.rejects(readPemFile(large), { message: /larger than 1 MiB/ });
  await t.rejects(readPemFile(path.join(large, 'a.pem')), { message: /part of the path is not a directory/ });
});

await t.test('a file of another user is an error, not an absent file', async (t) => {
  const file = path.join(tempDir(t), 'a.pem');
  chmodSync(path.dirname(file), 0o755);
  writeFileSync(file, 'secret');
  chmodSync(file, 0o000);
  await asNobody(async () => t.rejects(readPemFileIfAny(file), { message: `${file}: may not be read by this user; change its owner or its mode.` }));
});
